// The wire of tls://host:port: TCP, with TLS 1.3 over it.
//
// TransportKeys are what Context takes: `secret` is the private key and the
// certificate in PEM, and `listed` has keys ("sha256:...") or, with
// `authorities`, names. There have to be some.
//
// Thread rule: as Wire.
#ifndef RAFT_TRANSPORT_STREAM_TLS_TLS_WIRE_H_
#define RAFT_TRANSPORT_STREAM_TLS_TLS_WIRE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/base/pid.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/stream/channel.h"
#include "raft/transport/stream/tls/tls_channel.h"
#include "raft/transport/stream/wire.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::tls {

class TlsWire : public stream::Wire {
 public:
  // INVALID_ARGUMENT, UNAVAILABLE: as Context::Create().
  static absl::StatusOr<std::unique_ptr<stream::Wire>> Make(
      const TransportSpec& spec);

  std::unique_ptr<stream::Channel> Accept(OwnedFd fd) override;
  std::unique_ptr<stream::Channel> Dial(OwnedFd fd, Pid called) override;
  Properties properties() const override;
  absl::Status Expect(const PeerSpec& peer) override;
  absl::Status Rekey(const TransportKeys& keys) override;
  bool Proves(Pid proven, const std::string& key) const override;

 private:
  explicit TlsWire(Pid self) : self_(self) {}

  const Pid self_;
  TransportKeys keys_;
  Shared shared_;
};

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_TLS_WIRE_H_
