// Says on stderr what a server's owner should know of those who must not get
// in: frames and callers that were refused, and that the door stands open. No
// more than a line a second for each kind and peer, whatever comes.
//
// Thread rule: one thread runs Run(); Stop() from any other.
#ifndef CMD_WATCH_H_
#define CMD_WATCH_H_

#include "cluster/server.h"
#include "cmd/latch.h"

namespace raft {

class Watch {
 public:
  // The server outlives it.
  explicit Watch(Server& server) : server_(server) {}

  // Returns once the server is closed.
  void Run();
  // Says no more, and does not make Run() wait.
  void Stop() { stop_.Set(); }

 private:
  Server& server_;
  Latch stop_;
};

}  // namespace raft

#endif  // CMD_WATCH_H_
