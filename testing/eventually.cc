#include "raft/testing/eventually.h"

#include <chrono>  // NOLINT(build/c++11)

#include "absl/time/clock.h"

namespace raft_cluster::internal {

bool Eventually(const std::function<bool()>& condition,
                absl::Duration patience) {
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(patience);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

}  // namespace raft_cluster::internal
