// The transports that come with the library: tcp, ipc (both ZeroMQ) and
// loopback.
//
//   raft_cluster::Registry registry = raft_cluster::BuiltinTransports();
//   absl::Status status = registry.Register("udp", UdpTransport::Open);
#ifndef RAFT_TRANSPORT_BUILTIN_BUILTIN_H_
#define RAFT_TRANSPORT_BUILTIN_BUILTIN_H_

#include "raft/transport/registry.h"

namespace raft_cluster {

// Each call makes a loopback network of its own, in which those meet that are
// opened from the result or its copies.
Registry BuiltinTransports();

}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_BUILTIN_BUILTIN_H_
