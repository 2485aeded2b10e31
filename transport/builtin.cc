#include "raft/transport/builtin.h"

#include "raft/transport/loopback/loopback.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft {

Registry BuiltinTransports() {
  Registry registry;
  // In a fresh registry every scheme is free: none of these can fail.
  registry.Register("tcp", ZeroMqTransport()).IgnoreError();
  registry.Register("ipc", ZeroMqTransport()).IgnoreError();
  registry.Register("loopback", NewLoopbackNetwork()).IgnoreError();
  return registry;
}

}  // namespace raft
