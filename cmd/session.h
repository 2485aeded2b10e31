// A running server between its standard streams: lines that are typed go out
// as envelopes, envelopes that come in are printed as lines.
//
// Thread rule: one session per process, since it reads the process's signals.
#ifndef RAFT_CMD_SESSION_H_
#define RAFT_CMD_SESSION_H_

#include <string>

#include "absl/time/time.h"
#include "raft/cluster/server.h"
#include "raft/cmd/program.h"
#include "raft/cmd/reloader.h"

namespace raft_cluster::internal {

struct SessionOptions {
  // Broadcast first; "" for nothing.
  std::string message;
  // Somebody types: Enter broadcasts the message, and the input's end is ours.
  bool terminal = false;
  // Lines that are longer are refused.
  size_t max_line_bytes = size_t{16} << 20;
  // What SIGHUP and /reload read again.
  ConfigSource source;
  // Where SIGUSR2 puts the flight recorder.
  std::string recording_file = "recording.json";
};

// Returns when a signal, /quit, the end of a terminal's input, a broken stdout
// or the inbox's end ends it; the server is closed then, after it was drained
// for at most 2 s, and what was left for each peer has been said on stderr;
// kLeft if anything was. It returns within 5 s of the reason, whatever became
// of the readers of stdout and stderr. REQUIRES: PrepareProcess() and
// KeepHangUp() were called before the server was started.
ExitCode RunSession(Server& server, const SessionOptions& options);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_SESSION_H_
