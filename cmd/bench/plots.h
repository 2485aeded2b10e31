// What was measured, as pictures.
//
// Thread rule: a value.
#ifndef RAFT_CMD_BENCH_PLOTS_H_
#define RAFT_CMD_BENCH_PLOTS_H_

#include <cstddef>
#include <vector>

#include "raft/base/plot/plot.h"
#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/report.h"

namespace raft_cluster::internal {

class Plots {
 public:
  explicit Plots(const Plan& plan);

  // What comes now does not follow upon the last rate.
  void BeginRound(size_t contender);
  // So many messages a second went through, at a moment of the benchmark.
  void AddRate(size_t contender, double seconds, double rate);
  // What was measured with the servers of the plan.
  void AddSamples(const Samples& samples);
  // The same with another number of them.
  void AddGrowth(int servers, const Samples& samples);

  // Throughput over time; the latencies' percentiles, if there are any; the
  // throughput for each number of servers, if there are several.
  std::vector<Plot> Make() const;

 private:
  Plot rates_;
  Plot latencies_;
  Plot growth_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_PLOTS_H_
