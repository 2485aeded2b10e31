// Takes rules of the protocol out, and sees whether the simulator misses them.
//
//   for (const Mutant& mutant : kLinkMutants) {
//     const Trial trial = Try(mutant.name, /*seeds=*/100);
//     EXPECT_TRUE(trial.found) << mutant.rule;
//   }
//
// Thread rule: one thread in the process.
#ifndef RAFT_TESTING_MUTANTS_TRIAL_H_
#define RAFT_TESTING_MUTANTS_TRIAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

struct Trial {
  bool found = false;
  uint64_t seed = 0;  // The first that fails, or the last that did not.
  std::string why;    // What the checker said.
};
// Runs seeds from 1 on, until one fails. Without a name nothing is taken out.
Trial Try(absl::string_view mutant, uint64_t seeds);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_MUTANTS_TRIAL_H_
