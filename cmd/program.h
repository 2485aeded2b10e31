// What the programs have in common: how they begin, speak and end.
//
//   int main(int argc, char* argv[]) {
//     PrepareProcess();
//     std::vector<std::string> files;
//     if (const auto code = ReadCommandLine(argc, argv, help, 1, files)) {
//       return *code;
//     }
//     ...             // May block: a signal ends the program, as any other.
//     KeepSignals();  // From here on it ends in order.
//
// Thread rule: any thread, but for what is said to come first in main().
#ifndef RAFT_CMD_PROGRAM_H_
#define RAFT_CMD_PROGRAM_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "raft/cmd/flags.h"

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
// What is beyond a limit of file sizes is an error of write() and no signal.
void PrepareStreams();

// The same for a program that has something to say when it ends. Besides, a
// broken pipe is an error of write() and no signal, and in the background of a
// shell the terminal does not stop the program (SIGTTIN, SIGTTOU), whose peers
// would call it dead.
void PrepareProcess();

// From now on the signals that end the program (SIGINT, SIGTERM; SIGHUP unless
// it is ignored, as under nohup) or ask it something (SIGUSR1, SIGUSR2) are
// kept for Signals() in every thread. Before it starts any, and after all that
// may block without looking at Signals(), such as to open a file that is a
// pipe.
void KeepSignals();

// The same at once for SIGHUP, ignored or not: it will ask for something, too.
// For servers that read their configuration again; it is safe to send from here
// on, however soon after the start. In the thread of main(), before there are
// others, and before KeepSignals().
void KeepHangUp();

// The opposite: from now on they end the process, those that were kept as well.
void ReleaseSignals();

// A descriptor to read those signals from (signalfd), never closed. Below 0:
// the system has none left, and the calling thread takes the signals as usual.
int Signals();

// Sets the flags, and does what --help and --version ask for. Then, and where
// the command line is wrong, the exit code of the program; else nullopt, and
// `rest` has what is no flag: at most `max_rest`.
absl::optional<ExitCode> ReadCommandLine(int argc, char* argv[],
                                         const Help& help, size_t max_rest,
                                         std::vector<std::string>& rest);

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

// What the library says, in the terms of the program's flags: the options have
// their names. One that is no flag is left out, as nobody could set it.
std::string InFlags(absl::string_view message);

// Says why the start failed, in the terms of the program's flags, with a hint
// where the address is in use.
ExitCode SayStartFailed(const absl::Status& status);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_PROGRAM_H_
