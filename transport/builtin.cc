#include "transport/builtin.h"

#include "transport/loopback/loopback.h"

namespace raft {

Registry BuiltinTransports() {
  Registry registry;
  // A fresh registry has every scheme free.
  registry.Register("loopback", NewLoopbackNetwork()).IgnoreError();
  return registry;
}

}  // namespace raft
