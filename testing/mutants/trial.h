// Takes rules of the protocol out, and sees whether the simulator misses them.
//
//   for (const MutantName& mutant : AllMutants()) {
//     Trial trial = Try(mutant.mutant, /*seeds=*/100);
//     EXPECT_TRUE(trial.found) << mutant.text;
//   }
//
// Thread rule: one thread in the process.
#ifndef RAFT_TESTING_MUTANTS_TRIAL_H_
#define RAFT_TESTING_MUTANTS_TRIAL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "raft/cluster/link/mutant.h"

namespace raft_cluster::internal {

struct MutantName {
  Mutant mutant;
  const char* text;  // What is taken out.
  // Seen over sockets, too. What TCP itself forbids, and what takes frames of
  // a former life, or a stale process, at the right moment, is not.
  bool on_wires = false;
};
const std::vector<MutantName>& AllMutants();

struct Trial {
  bool found = false;
  uint64_t seed = 0;  // The first that fails, or the last that did not.
  std::string why;    // What the checker said.
};
// Runs seeds from 1 on, until one fails.
Trial Try(Mutant mutant, uint64_t seeds);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_MUTANTS_TRIAL_H_
