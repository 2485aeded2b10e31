// Measures one contender, once.
//
// Thread rule: one thread, and while there are no others: it forks. Call
// PrepareProcess() of cmd/program.h first.
#ifndef RAFT_CMD_BENCH_RUNNER_H_
#define RAFT_CMD_BENCH_RUNNER_H_

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/sample.h"

namespace raft_cluster::internal {

// Starts the servers in processes of their own (or all in one), lets them warm
// up, counts for plan.duration and ends them. `show` is called meanwhile with
// the messages per second since it was called last.
// CANCELLED: a signal asks the program to end. Else why a server failed.
absl::StatusOr<Sample> Measure(const Plan& plan,
                               const Plan::Contender& contender,
                               absl::FunctionRef<void(double rate)> show);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_RUNNER_H_
