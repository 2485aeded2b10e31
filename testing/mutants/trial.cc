#include "raft/testing/mutants/trial.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "raft/testing/mutants/mutant.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster::internal {

Trial Try(absl::string_view mutant, uint64_t seeds) {
  const ScopedMutant scoped(mutant);
  Trial trial;
  while (!trial.found && trial.seed < seeds) {
    SimulationOptions options;
    options.seed = ++trial.seed;
    options.fault_time = absl::Seconds(5);
    options.draw_options = true;
    options.twins = true;
    options.weights.reload = 2;
    const absl::Status status = RunSimulation(options).status;
    trial.found = !status.ok();
    trial.why = std::string(status.message());
  }
  return trial;
}

}  // namespace raft_cluster::internal
