// Rules that tests take out of the library, one at a time, to show that they
// would be missed.
//
//   const ScopedMutant mutant("repeats_are_delivered");
//   ...  // Until its scope ends, nobody deduplicates.
//
// A mutant is a patch to sources of the product: link/NAME.patch is for the
// tests of this folder, pump/NAME.patch for those of testing/interleaving. Its
// first lines are a comment that says the rule, and what it changes is guarded
// by `MutantIs("NAME")`, so that one library has room for all of them.
// mutants.bzl makes its sources, and the lists kLinkMutants and kPumpMutants.
//
// Thread rule: ScopedMutant in one thread, while no code with mutants in it
// runs; MutantIs() in any thread.
#ifndef RAFT_TESTING_MUTANTS_MUTANT_H_
#define RAFT_TESTING_MUTANTS_MUTANT_H_

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

struct Mutant {
  absl::string_view name;
  absl::string_view rule;  // What is taken out.
};

// True in the scope of a ScopedMutant of this name.
bool MutantIs(absl::string_view name);

class ScopedMutant {
 public:
  // Empty: none, the library is as it is shipped. REQUIRES: there is no other.
  explicit ScopedMutant(absl::string_view name);
  ~ScopedMutant();
  ScopedMutant(const ScopedMutant&) = delete;
  ScopedMutant& operator=(const ScopedMutant&) = delete;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_MUTANTS_MUTANT_H_
