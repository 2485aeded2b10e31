// Ours: servers of a cluster, each with an inbox and an outbox.
#ifndef CMD_BENCH_RAFT_SYSTEM_H_
#define CMD_BENCH_RAFT_SYSTEM_H_

#include <memory>
#include <string>
#include <vector>

#include "cmd/bench/plan.h"
#include "cmd/bench/system.h"

namespace raft {

std::unique_ptr<System> NewRaftSystem(const Plan& plan,
                                      const std::vector<std::string>& urls);

}  // namespace raft

#endif  // CMD_BENCH_RAFT_SYSTEM_H_
