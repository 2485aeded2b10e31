// Ours: servers of a cluster, each with an inbox and an outbox.
#ifndef RAFT_CMD_BENCH_RAFT_SYSTEM_H_
#define RAFT_CMD_BENCH_RAFT_SYSTEM_H_

#include <memory>
#include <string>
#include <vector>

#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/server_keys.h"
#include "raft/cmd/bench/system.h"

namespace raft_cluster::internal {

// The files of `keys` are there for as long as servers are started.
std::unique_ptr<System> NewRaftSystem(const Plan& plan,
                                      const std::vector<std::string>& urls,
                                      const ServerKeys& keys);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_RAFT_SYSTEM_H_
