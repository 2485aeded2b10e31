// What a campaign of simulations measured, as pictures.
//
// Thread rule: a value.
#ifndef RAFT_TESTING_SIMULATION_PLOTS_H_
#define RAFT_TESTING_SIMULATION_PLOTS_H_

#include <map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "raft/base/plot/plot.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster::internal {

class SimulationPlots {
 public:
  // What came of one seed with so many servers, so long after the start.
  void Add(int servers, absl::Duration wall, const SimulationResult& result);

  // For each number of servers: how long after the last fault all was at rest,
  // by percentile of the seeds; how fast virtual time went; and, if there are
  // several numbers, how many frames an envelope took.
  std::vector<Plot> Make() const;

 private:
  struct Group {
    // Of each seed: when it was done, and how long it was in virtual time.
    std::vector<std::pair<double, double>> seeds;
    double frames = 0;
    double taken = 0;
  };

  std::map<int, Group> groups_;  // By the number of servers.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_PLOTS_H_
