// Reads lines from stdin and does what they say (console.h has the rules).
//
// Thread rule: one thread runs Run(); Stop() from any other.
#ifndef RAFT_CMD_COMMANDER_H_
#define RAFT_CMD_COMMANDER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "raft/cluster/server.h"
#include "raft/cmd/console.h"
#include "raft/cmd/ending.h"
#include "raft/cmd/latch.h"
#include "raft/cmd/line_splitter.h"
#include "raft/cmd/reloader.h"
#include "raft/cmd/session.h"
#include "raft/cmd/stream.h"

namespace raft_cluster::internal {

class Commander {
 public:
  // All outlive the commander. `in` is read, never closed.
  Commander(Server& server, const SessionOptions& options, int in,
            Reloader& reloader, Ending& ending);

  // False: the system has no descriptor left, and this is of no use.
  bool ok() const { return stop_.ok(); }

  // Broadcasts the message, at once or, at a terminal, when Enter is the first
  // thing that is typed there. In the background of a shell, which has the
  // terminal then, it reads nothing until it comes to the front. Returns
  // when Stop() was called, the server is closed, or the input has ended.
  void Run();

  void Stop() { stop_.Set(); }

  // How many lines were read and not sent because the end came. After Run().
  size_t unsent() const { return unsent_; }

 private:
  void Begin();
  void Greet();
  // False at a terminal that belongs to another job of the shell.
  bool MayRead() const;
  // These answer whether to go on.
  bool DoLines();
  bool Do(const LineSplitter::Line& line);
  bool Send(Pid to, absl::string_view text);
  bool IsLive(Pid peer) const;

  Server& server_;
  const SessionOptions& options_;
  Stream in_;
  Reloader& reloader_;
  Ending& ending_;
  Latch stop_;
  LineSplitter lines_;
  bool greeted_ = false;   // Or something else was sent instead.
  bool skipping_ = false;  // The last broadcast passed over somebody.
  size_t unsent_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_COMMANDER_H_
