// Shows that the simulator's checker bites: takes one rule of the protocol out
// after the other, and prints which seed misses it, and how.
//
//   bazel run -c opt //testing:mutants
//
// Exit code 0: each was missed.
#include <cstdio>
#include <string>

#include "testing/mutants/trial.h"

namespace raft {
namespace {

constexpr uint64_t kSeeds = 500;

// The first line behind "seed 1 at 2 us: ", which differs with the seed.
std::string Short(const std::string& why) {
  const size_t colon = why.find(": ");
  const std::string text =
      colon == std::string::npos ? why : why.substr(colon + 2);
  return text.substr(0, text.find('\n')).substr(0, 90);
}

int Main() {
  bool all = true;
  std::printf("%-40s %5s  %s\n", "without", "seed", "the checker says");
  for (const MutantName& mutant : AllMutants()) {
    const Trial trial = Try(mutant.mutant, kSeeds);
    std::printf("%-40s %5llu  %s\n", mutant.text,
                static_cast<unsigned long long>(trial.seed),
                trial.found ? Short(trial.why).c_str() : "NOTHING");
    std::fflush(stdout);
    all = all && trial.found;
  }
  return all ? 0 : 1;
}

}  // namespace
}  // namespace raft

int main() { return raft::Main(); }
