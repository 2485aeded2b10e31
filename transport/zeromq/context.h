// What a transport takes of the system's limits, and a context of libzmq's that
// is started only where it will get it: it aborts the process otherwise.
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_ZEROMQ_CONTEXT_H_
#define RAFT_TRANSPORT_ZEROMQ_CONTEXT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/zeromq/connection.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

// Descriptors. Each of the listener's four sockets has one, the context one,
// each of its two threads two, the poller three, and the address one.
inline constexpr int kContextDescriptors = 5;
inline constexpr int kPollerDescriptors = 3;
inline constexpr int kBaseDescriptors =
    kPollerDescriptors + kContextDescriptors + /*sockets=*/4 + /*address=*/1;
// The peer's own call takes one as well.
inline constexpr int kDescriptorsEach = Connection::kDescriptors + 1;

// RESOURCE_EXHAUSTED: the limit leaves too few for a transport with so many
// peers.
absl::StatusOr<std::unique_ptr<DescriptorPledge>> PledgeDescriptors(int peers);

// A context with its two threads, for a transport with so many peers and some
// more. RESOURCE_EXHAUSTED: there are too few threads or descriptors for it, or
// too many peers.
absl::StatusOr<zmq::context_t> StartContext(int peers);

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_CONTEXT_H_
