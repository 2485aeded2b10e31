#include "raft/transport/builtin/builtin.h"

#include "raft/transport/loopback/loopback.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster {

Registry BuiltinTransports() {
  Registry registry;
  // In a fresh registry every scheme is free: none of these can fail.
  registry.Register("tcp", internal::ZeroMqTransport()).IgnoreError();
  registry.Register("ipc", internal::ZeroMqTransport()).IgnoreError();
  registry.Register("loopback", internal::NewLoopbackNetwork()).IgnoreError();
  return registry;
}

}  // namespace raft_cluster
