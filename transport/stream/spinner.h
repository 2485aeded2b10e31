// For how long to look for work before one sleeps: as long as was asked for
// where that has been finding some, less and less where it has not, and now and
// then again.
//
// Thread rule: any thread, one at a time.
#ifndef RAFT_TRANSPORT_STREAM_SPINNER_H_
#define RAFT_TRANSPORT_STREAM_SPINNER_H_

#include <algorithm>
#include <atomic>

#include "absl/time/time.h"

namespace raft_cluster::internal::stream {

class Spinner {
 public:
  explicit Spinner(absl::Duration most)
      : most_(std::max(most, absl::ZeroDuration())) {}

  // For the next sleep.
  absl::Duration Next() {
    if (most_ == absl::ZeroDuration()) return absl::ZeroDuration();
    const int misses = misses_.load(std::memory_order_relaxed);
    if (misses <= kPatience) return most_;
    const int halvings = misses - kPatience;
    if (halvings <= kMostHalvings) return most_ / (1 << halvings);
    // The times may have changed.
    const int sleeps = sleeps_.load(std::memory_order_relaxed) + 1;
    sleeps_.store(sleeps % kProbe, std::memory_order_relaxed);
    return sleeps == kProbe ? most_ : absl::ZeroDuration();
  }

  // What came of spinning for Next(), if that was not zero.
  void Report(bool found) {
    const int misses = misses_.load(std::memory_order_relaxed);
    misses_.store(found ? 0 : std::min(misses + 1, kMost),
                  std::memory_order_relaxed);
  }

 private:
  static constexpr int kPatience = 4;  // Misses that change nothing.
  static constexpr int kMostHalvings = 4;
  static constexpr int kMost = kPatience + kMostHalvings + 1;
  static constexpr int kProbe = 64;  // Sleeps between two probes.

  const absl::Duration most_;
  std::atomic<int> misses_{0};
  std::atomic<int> sleeps_{0};
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_SPINNER_H_
