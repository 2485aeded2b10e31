#include "raft/transport/shm/shm.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/base/pid.h"
#include "raft/transport/net/ipc_url.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/shm/shm_channel.h"
#include "raft/transport/stream/channel.h"
#include "raft/transport/stream/stream_transport.h"
#include "raft/transport/stream/wire.h"

namespace raft_cluster::internal {
namespace shm {
namespace {

// Integrity is as little proven as over any other socket: a checksum is what
// notices a peer that scribbles.
class ShmWire : public stream::Wire {
 public:
  std::unique_ptr<stream::Channel> Accept(OwnedFd fd) override {
    return ShmChannel::Accepted(std::move(fd));
  }
  std::unique_ptr<stream::Channel> Dial(OwnedFd fd, Pid /*called*/) override {
    return ShmChannel::Dialled(std::move(fd));
  }
};

}  // namespace
}  // namespace shm

absl::StatusOr<ParsedUrl> ParseShmUrl(const Url& url) {
  if (url.scheme == "shm") return ParseIpcUrl(url);
  return absl::InvalidArgumentError(
      absl::StrCat("url: \"", url.ToString(), "\" is not shm://"));
}

Opener ShmTransport() {
  return [](const TransportSpec& spec)
             -> absl::StatusOr<std::unique_ptr<Transport>> {
    const absl::StatusOr<ParsedUrl> parsed = ParseShmUrl(spec.url);
    if (!parsed.ok()) return parsed.status();
    return stream::OpenStream(spec, stream::Place::kPath,
                              std::make_unique<shm::ShmWire>());
  };
}

}  // namespace raft_cluster::internal
