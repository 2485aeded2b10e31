// Puts a server's flight recorder into a file.
//
// Thread rule: a function, any thread.
#ifndef RAFT_CMD_RECORDING_H_
#define RAFT_CMD_RECORDING_H_

#include <string>

#include "absl/status/status.h"
#include "raft/cluster/server.h"

namespace raft_cluster::internal {

// As JSON, in place of what `path` was before, whole or not at all; only its
// owner may read it. A code of the system's, which names the file.
absl::Status WriteRecording(const Server& server, const std::string& path);

// The same when an assertion of the library fails, for as long as this lives.
// One at a time in a process; `server` outlives it.
class RecordingOnFailure {
 public:
  RecordingOnFailure(const Server& server, const std::string& path);
  ~RecordingOnFailure();
  RecordingOnFailure(const RecordingOnFailure&) = delete;
  RecordingOnFailure& operator=(const RecordingOnFailure&) = delete;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_RECORDING_H_
