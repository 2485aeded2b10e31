// What was measured, for people and for programs.
//
// Thread rule: free functions.
#ifndef RAFT_CMD_BENCH_REPORT_H_
#define RAFT_CMD_BENCH_REPORT_H_

#include <string>
#include <vector>

#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/sample.h"

namespace raft_cluster::internal {

// Of each contender of the plan, one sample per round.
using Samples = std::vector<std::vector<Sample>>;

// A table for each of ours, with all baselines in it: the median of the rounds
// for each, and what ours has for each that the baseline has, round by round:
// the median, and the range. Peak memory and the longest latency are the
// largest of all rounds.
std::string ShowTable(const Plan& plan, const Samples& samples);

// The same as one JSON object; every figure has median, min and max.
std::string ShowJson(const Plan& plan, const Samples& samples);

// "12,345,678"
std::string ShowNumber(double value, int digits);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_REPORT_H_
