// What a flight recorder has kept, as lines for people.
//
// Thread rule: functions of values.
#ifndef RAFT_CMD_TOP_REPLAY_H_
#define RAFT_CMD_TOP_REPLAY_H_

#include <string>

#include "absl/status/statusor.h"
#include "raft/proto/recording.pb.h"

namespace raft_cluster::internal {

// A file as `server` writes it and as /recorder answers.
// NOT_FOUND and the other codes of errno: it cannot be read. INVALID_ARGUMENT:
// it is no recording, or larger than any.
absl::StatusOr<Recording> ReadRecording(const std::string& path);

// Whose it is; a line for each event, with its time and how long it came after
// the one before; and how each peer stood in the end.
std::string ShowRecording(const Recording& recording);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_TOP_REPLAY_H_
