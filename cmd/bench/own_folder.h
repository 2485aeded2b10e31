// A folder for what the servers of one round need: sockets, keys.
//
// Thread rule: free functions.
#ifndef RAFT_CMD_BENCH_OWN_FOLDER_H_
#define RAFT_CMD_BENCH_OWN_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace raft_cluster::internal {

// UNAVAILABLE: none can be made; says where.
absl::StatusOr<std::string> MakeOwnFolder();
// With all that is in it. "": none.
void RemoveOwnFolder(const std::string& folder);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_OWN_FOLDER_H_
