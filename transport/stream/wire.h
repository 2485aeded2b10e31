// What differs from one kind of stream to another: where it listens and calls,
// what it makes of a connected socket, and who may use it.
//
// Thread rule: under the transport's lock.
#ifndef RAFT_TRANSPORT_STREAM_WIRE_H_
#define RAFT_TRANSPORT_STREAM_WIRE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/base/pid.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/stream/channel.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal::stream {

class Wire {
 public:
  virtual ~Wire() = default;

  // `fd` is connected and does not block. Of one who called us.
  virtual std::unique_ptr<Channel> Accept(OwnedFd fd) = 0;
  // Of `called`, whom we called.
  virtual std::unique_ptr<Channel> Dial(OwnedFd fd, Pid called) = 0;

  // proves_integrity and proves_peers are of this; the rest is the transport's.
  virtual Properties properties() const { return {}; }

  // `peer` will be called, or is called otherwise from now on.
  // INVALID_ARGUMENT: it has no key where there are keys, or a bad one.
  virtual absl::Status Expect(const PeerSpec& /*peer*/) {
    return absl::OkStatus();
  }
  // Transport::Rekey(): all of it or nothing.
  virtual absl::Status Rekey(const TransportKeys& /*keys*/) {
    return absl::OkStatus();
  }
  // `key` still proves `proven` to be there, as Channel has them.
  virtual bool Proves(Pid /*proven*/, const std::string& /*key*/) const {
    return true;
  }
};

// Where a stream listens and is called.
enum class Place {
  kTcp,   // ParseTcpUrl()
  kPath,  // A Unix socket's: ParseIpcUrl()
};

// Makes the wire of a transport that opens. INVALID_ARGUMENT: its keys.
using WireMaker = std::function<absl::StatusOr<std::unique_ptr<Wire>>(
    const TransportSpec& spec)>;

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_WIRE_H_
