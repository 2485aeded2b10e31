// What the programs have in common: how they begin, speak and end.
//
// Thread rule: any thread, but for PrepareStreams() and PrepareProcess().
#ifndef RAFT_CMD_PROGRAM_H_
#define RAFT_CMD_PROGRAM_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

enum ExitCode {
  kDone = 0,
  kFailed = 1,  // The world said no: an address in use, stdout not writable.
  kUsage = 2,   // The command line, or the config that it names, is wrong.
  kLeft = 3,    // Ended in order, but envelopes were left.
};

// Call first in main(), before there are threads: standard streams that are
// not open become /dev/null (else a socket could take their place), and the
// process may open as many files as its hard limit says. The soft one is there
// for programs that use select(), and too low for a server with many peers.
void PrepareStreams();

// The same for a program that ends in order. Besides, a broken pipe is an error
// of write() and no signal; the signals that end the program (SIGINT, SIGTERM;
// SIGHUP unless it is ignored) or ask it something (SIGUSR1) are kept for
// Signals() in every thread; and in the background of a shell the terminal does
// not stop the program (SIGTTIN, SIGTTOU), whose peers would call it dead.
void PrepareProcess();

// A descriptor to read those signals from (signalfd), never closed.
int Signals();

// One line to stderr, whole even if two threads speak at once. A reader that
// does not read is waited for once, for 200 ms; then lines are left out until
// it does, and counted.
void Say(absl::string_view line);

// All of a program's output, to stdout. kFailed, with the reason on stderr, if
// it cannot be written (a full disk).
ExitCode Print(absl::string_view text);

// For output that went through std::cout: has all of it been written?
ExitCode FinishOutput();

// Says what went wrong with the command line and how it should be; kUsage.
// `usage` is the first line of the help.
ExitCode SayUsage(absl::string_view mistake, absl::string_view usage);

// Says why the start failed, in the terms of the program's flags, with a hint
// where the address is in use.
ExitCode SayStartFailed(const absl::Status& status);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_PROGRAM_H_
