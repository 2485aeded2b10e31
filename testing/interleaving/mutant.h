// How the pump is broken on purpose, in the test build only: see mutants.sed.
#ifndef RAFT_TESTING_INTERLEAVING_MUTANT_H_
#define RAFT_TESTING_INTERLEAVING_MUTANT_H_

namespace raft_cluster::internal {

enum class PumpMutant {
  kNone,
  kWaitsBlindly,
  kTellsNobody,
  kLetsSleep,
  kLooksOnce,
  kDoesNotLock,
  kClosesAtOnce,
  kHidesEvents,
};

inline PumpMutant pump_mutant = PumpMutant::kNone;

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_MUTANT_H_
