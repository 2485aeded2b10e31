// A handler's timers: numbers with a time each.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_TIMERS_H_
#define RAFT_CLUSTER_TIMERS_H_

#include <algorithm>
#include <map>

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace raft_cluster::internal {

class Timers {
 public:
  // Replaces an earlier one of that number. Infinite: only takes that away.
  void Set(int timer, absl::Duration time) {
    times_.erase(timer);
    if (time != absl::InfiniteDuration()) times_[timer] = time;
  }

  // When the first of them is due; infinite if there is none.
  absl::Duration Next() const {
    absl::Duration next = absl::InfiniteDuration();
    for (const auto& entry : times_) next = std::min(next, entry.second);
    return next;
  }

  // Takes one that is due by `now`: the earliest, of equals the least number.
  absl::optional<int> PopDue(absl::Duration now) {
    const absl::Duration next = Next();
    if (next > now) return absl::nullopt;
    for (const auto& [timer, time] : times_) {
      if (time != next) continue;
      const int due = timer;
      times_.erase(due);
      return due;
    }
    return absl::nullopt;
  }

 private:
  std::map<int, absl::Duration> times_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_TIMERS_H_
