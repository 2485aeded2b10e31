#include "raft/transport/zeromq/prompt_close.h"

#include "raft/base/thread.h"

namespace raft_cluster::internal {
namespace zeromq {

PromptlyClosed::~PromptlyClosed() {
  if (!static_cast<StoppableTransport&>(inner()).StopListening()) return;
  // The address is free by now, which is all that a destructor promises; with
  // hundreds of sockets the rest takes libzmq a while.
  Transport* const rest = Release().release();
  Thread thread;
  if (StartThread([rest] { delete rest; }, &thread).ok()) {
    // It ends when libzmq has closed everything, which waits for nobody.
    thread.detach();
  } else {
    delete rest;
  }
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
