// Shows that the tests bite: takes one rule of the protocol out after the
// other, and prints which seed of the simulator misses it, and how, and which
// attempt over sockets.
//
//   bazel run -c opt //testing:mutants
//
// Exit code 0: each was missed, also over sockets where it can be.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>

#include "absl/strings/string_view.h"
#include "raft/testing/mutants/link_mutants.h"
#include "raft/testing/mutants/mutant.h"
#include "raft/testing/mutants/trial.h"
#include "raft/testing/mutants/wires.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kSeeds = 1000;
constexpr uint64_t kAttempts = 20;

// The first line behind "seed 1 at 2 us: ", which differs with the seed.
std::string Short(const std::string& why) {
  const size_t colon = why.find(": ");
  const std::string text =
      colon == std::string::npos ? why : why.substr(colon + 2);
  return text.substr(0, text.find('\n')).substr(0, 90);
}

bool IsSeenOnWires(absl::string_view mutant) {
  return std::find(std::begin(kMutantsOnWires), std::end(kMutantsOnWires),
                   mutant) != std::end(kMutantsOnWires);
}

int Main() {
  bool all = true;
  std::printf("%-30s %5s %6s  %s\n", "mutant", "seed", "socket",
              "the checker says");
  for (const Mutant& mutant : kLinkMutants) {
    const Trial trial = Try(mutant.name, kSeeds);
    std::string wires = "-";
    if (IsSeenOnWires(mutant.name)) {
      const Trial on_wires = TryOnWires(mutant.name, kAttempts);
      wires = on_wires.found ? std::to_string(on_wires.seed) : "NONE";
      all = all && on_wires.found;
    }
    std::printf("%-30s %5llu %6s  %s\n", std::string(mutant.name).c_str(),
                static_cast<unsigned long long>(trial.seed), wires.c_str(),
                trial.found ? Short(trial.why).c_str() : "NOTHING");
    std::fflush(stdout);
    all = all && trial.found;
  }
  return all ? 0 : 1;
}

}  // namespace
}  // namespace raft_cluster::internal

int main() { return raft_cluster::internal::Main(); }
