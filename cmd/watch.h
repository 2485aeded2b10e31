// Says on stderr every event of a server, in words. No more than a line a
// second for each kind and peer, whatever comes, and of what repeats for ever
// ever fewer (repeats.h).
//
// Thread rule: one thread runs Run(); Stop() from any other.
#ifndef RAFT_CMD_WATCH_H_
#define RAFT_CMD_WATCH_H_

#include "raft/cluster/server.h"
#include "raft/cmd/latch.h"
#include "raft/cmd/repeats.h"

namespace raft_cluster::internal {

class Watch {
 public:
  // The server outlives it.
  explicit Watch(Server& server) : server_(server) {}

  // False: the system has no descriptor left, and this is of no use.
  bool ok() const { return stop_.ok(); }

  // Returns once the server is closed.
  void Run();
  // Says no more, and does not make Run() wait.
  void Stop() { stop_.Set(); }

 private:
  Server& server_;
  Repeats repeats_;
  Latch stop_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_WATCH_H_
