// How the pump is broken on purpose, in the test build only: see mutants.sed.
#ifndef TESTING_INTERLEAVING_MUTANT_H_
#define TESTING_INTERLEAVING_MUTANT_H_

namespace raft {

enum class PumpMutant {
  kNone,
  kWaitsBlindly,
  kTellsNobody,
  kLetsSleep,
  kLooksOnce,
  kDoesNotLock,
  kClosesAtOnce,
};

inline PumpMutant pump_mutant = PumpMutant::kNone;

}  // namespace raft

#endif  // TESTING_INTERLEAVING_MUTANT_H_
