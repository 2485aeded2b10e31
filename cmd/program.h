// What the programs have in common: how they end and how they speak.
//
// Thread rule: any thread, but for PrepareProcess().
#ifndef RAFT_CMD_PROGRAM_H_
#define RAFT_CMD_PROGRAM_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

enum ExitCode {
  kDone = 0,
  kFailed = 1,  // The world said no: an address in use, stdout closed.
  kUsage = 2,   // The command line, or the config that it names, is wrong.
};

// Call first in main(), before there are threads: standard streams that are
// not open become /dev/null (else a socket could take their place), a broken
// pipe is an error of write() and no signal, and the signals that end the
// program (SIGINT, SIGTERM; SIGHUP unless it is ignored) or ask it something
// (SIGUSR1, SIGUSR2) are kept for Signals() in every thread.
void PrepareProcess();

// A descriptor to read those signals from (signalfd), never closed.
int Signals();

// One line to stderr, whole even if two threads speak at once.
void Say(absl::string_view line);

// Says what went wrong with the command line and how it should be; kUsage.
ExitCode SayUsage(absl::string_view mistake, absl::string_view usage);

// Says why the start failed, with a hint where the address is in use.
ExitCode SayStartFailed(const absl::Status& status);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_PROGRAM_H_
