// What a person at a server's console types and reads.
//
// Thread rule: any thread.
#ifndef RAFT_CMD_CONSOLE_H_
#define RAFT_CMD_CONSOLE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "raft/cluster/received.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

// A line that was typed.
struct Input {
  enum Kind {
    kNothing,    // An empty line.
    kSend,       // `text` to `to`: broadcast, or after "3: " to server 3.
    kPeers,      // "/peers"
    kStats,      // "/stats"
    kRawStats,   // "/stats --raw"
    kReload,     // "/reload"
    kHelp,       // "/help"
    kQuit,       // "/quit"
    kNoSuchPid,  // `text` is a number before ": " that no pid can be.
    kNoCommand,  // `text` begins with "/" and is none of the above.
  };
  Kind kind = kNothing;
  Pid to = kBroadcast;
  std::string text;
};

// Digits, a colon and a blank (or nothing more) address one server: "3: text".
// "12:30" does not, and is broadcast like any other text.
Input ParseInput(absl::string_view line);

// What can be typed and what it does, for --help and /help.
std::vector<std::pair<std::string, std::string>> TypingHelp();

// "1 -> 2: hello there". One envelope is one line whatever its msg holds:
// control characters, but for the tab, come out as \n, \r or \x1b, all else as
// it is. This is for reading; a program that wants the bytes uses the library.
std::string ShowEnvelope(Pid from, Pid to, absl::string_view msg);

// A table of the peers: who is up, how much waits for each, where they are.
std::string ShowPeers(const Stats& stats);

// "0 B", "1.4 KiB", "64.0 MiB".
std::string ShowBytes(uint64_t bytes);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_CONSOLE_H_
