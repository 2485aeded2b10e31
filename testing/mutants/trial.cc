#include "raft/testing/mutants/trial.h"

#include "raft/testing/simulation/simulation.h"

namespace raft_cluster::internal {

const std::vector<MutantName>& AllMutants() {
  static const auto* const mutants = new std::vector<MutantName>{
      {Mutant::kRepeatsAreDelivered, "deduplication", true},
      {Mutant::kAcksOfAnySession, "the session check of acknowledgements"},
      {Mutant::kGapsArePassedOver, "reordering", true},
      {Mutant::kOldLivesMaySpeak, "fencing of old incarnations"},
      {Mutant::kLastFrameIsNotSentAgain, "retransmission of the last frame",
       true},
      {Mutant::kCreditIsIgnored, "the credit limit", true},
      {Mutant::kChecksumsAreNotLookedAt, "the checksum"},
      {Mutant::kReceivedCountsAsTaken, "`taken`: acknowledged on receipt",
       true},
  };
  return *mutants;
}

Trial Try(Mutant mutant, uint64_t seeds) {
  SetMutant(mutant);
  Trial trial;
  while (!trial.found && trial.seed < seeds) {
    SimulationOptions options;
    options.seed = ++trial.seed;
    options.fault_time = absl::Seconds(5);
    options.draw_options = true;
    options.twins = true;
    const absl::Status status = RunSimulation(options).status;
    trial.found = !status.ok();
    trial.why = std::string(status.message());
  }
  SetMutant(Mutant::kNone);
  return trial;
}

}  // namespace raft_cluster::internal
