// The work of one server: to send, to receive, or to answer.
#ifndef RAFT_CMD_BENCH_WORK_H_
#define RAFT_CMD_BENCH_WORK_H_

#include "raft/cmd/bench/board.h"
#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/system.h"

namespace raft_cluster::internal {

// Starts `server`, says on `board` that it is ready, does what the plan asks of
// it from Phase::kRun on, and returns at Phase::kStop. What fails is told to
// `board`. Thread rule: any thread, one for each server.
void Work(const Plan& plan, System& system, int server, Board& board);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_WORK_H_
