// How long to wait before the next attempt to connect: 50 ms at first, twice as
// long each time, at most 1 s, and each time up to a quarter more or less, so
// that those who lost one server do not all come back at once.
//
// Thread rule: one thread at a time.
#ifndef RAFT_TRANSPORT_NET_BACKOFF_H_
#define RAFT_TRANSPORT_NET_BACKOFF_H_

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>

#include "absl/random/random.h"

namespace raft_cluster::internal {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds kMinPause{50};
  static constexpr std::chrono::milliseconds kMaxPause{1000};

  // `random` outlives this.
  explicit Backoff(absl::BitGen& random) : random_(random) {}

  // The pause after an attempt that failed.
  std::chrono::microseconds Next() {
    const double spread = absl::Uniform(random_, 0.75, 1.25);
    const std::chrono::microseconds pause(
        static_cast<int64_t>(static_cast<double>(pause_.count()) * spread));
    pause_ = std::min<std::chrono::microseconds>(pause_ * 2, kMaxPause);
    return pause;
  }

  // A connection was lost after `lifetime`. One that did not even last as long
  // as the pause before it is no better than none.
  void OnLost(std::chrono::steady_clock::duration lifetime) {
    if (lifetime >= pause_) pause_ = kMinPause;
  }

 private:
  absl::BitGen& random_;
  std::chrono::microseconds pause_ = kMinPause;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_BACKOFF_H_
