#include "raft/transport/stream/tls/tls.h"

#include <memory>
#include <utility>

#include "raft/transport/net/tcp_address.h"
#include "raft/transport/stream/stream_transport.h"
#include "raft/transport/stream/tls/tls_wire.h"

namespace raft_cluster::internal {

Opener TlsTransport() {
  return [](const TransportSpec& spec)
             -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<std::unique_ptr<stream::Wire>> wire =
        tls::TlsWire::Make(spec);
    if (!wire.ok()) return wire.status();
    return stream::OpenStream(spec, stream::Place::kTcp, *std::move(wire));
  };
}

absl::StatusOr<ParsedUrl> ParseTlsUrl(const Url& url) {
  return ParseTcpUrl(url);
}

}  // namespace raft_cluster::internal
