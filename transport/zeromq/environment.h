// What all sockets of a transport have in common.
//
// Thread rule: under the transport's lock.
#ifndef RAFT_TRANSPORT_ZEROMQ_ENVIRONMENT_H_
#define RAFT_TRANSPORT_ZEROMQ_ENVIRONMENT_H_

#include <cstddef>
#include <cstdint>

#include "raft/transport/net/descriptors.h"
#include "raft/transport/net/poller.h"
#include "raft/transport/zeromq/keys.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

// Outlives the sockets.
struct Environment {
  zmq::context_t& context;
  Poller& events;
  DescriptorPledge& descriptors;
  const KeyRing& keys;
  size_t max_frame_bytes;
  size_t queue_bytes;
  uint64_t monitors = 0;  // Made so far: their names must differ.
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_ENVIRONMENT_H_
