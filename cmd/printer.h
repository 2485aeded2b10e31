// Prints what a server receives, a line per envelope, as soon as it comes.
//
// A reader of stdout that is slow makes this server slow, which its peers see
// as back-pressure; one that is gone ends the program.
//
// Thread rule: one thread runs Run(); GiveUp() from any other.
#ifndef RAFT_CMD_PRINTER_H_
#define RAFT_CMD_PRINTER_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "raft/cluster/server.h"
#include "raft/cmd/ending.h"
#include "raft/cmd/latch.h"
#include "raft/cmd/stream.h"

namespace raft_cluster::internal {

class Printer {
 public:
  // Both outlive the printer. `out` is written to, never closed.
  Printer(Server& server, int out, Ending& ending)
      : server_(server), out_(out, O_WRONLY), ending_(ending) {}

  // False: the system has no descriptor left, and this is of no use.
  bool ok() const { return give_up_.ok() && done_.ok(); }

  // Returns when the inbox is closed, or `out` cannot be written, and has set
  // the reason in `ending`.
  void Run();

  // Stop waiting for a reader that does not read.
  void GiveUp() { give_up_.Set(); }

  // Readable when Run() has returned.
  int done_fd() const { return done_.fd(); }
  // How many envelopes were taken and not printed. After Run().
  size_t unprinted() const { return unprinted_; }

 private:
  bool Write(absl::string_view text);

  Server& server_;
  Stream out_;
  Ending& ending_;
  Latch give_up_;
  Latch done_;
  size_t unprinted_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_PRINTER_H_
