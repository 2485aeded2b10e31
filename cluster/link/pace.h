// How far a sender that can wait runs ahead of a peer that takes: what is
// queued beyond a few round trips arrives no sooner for it, and goes through
// the machine's memory instead of its caches.
//
//   Pace pace;
//   if (pace.Holds(queue.held_cost(), envelope.cost())) ...  // It is to wait.
//   ...
//   pace.OnTaken(cost, now, path.least_round_trip());
//   if (pace.Eases(queue.held_cost())) ...  // All that wait may go on.
//
// By hysteresis: from the high mark on senders wait, until the low one, at half
// of it. So they are woken once for many envelopes, and the link meanwhile has
// enough to go on with.
//
// The high mark is four times what was taken in a round trip lately, from 1 MiB
// to 4 MiB; but four envelopes where they are large, up to the same 4 MiB. A
// round trip counts as a millisecond at least: where the way is shorter, it is
// the threads at both ends, which sleep and are woken, that take so long. The
// envelope that passes the mark is still accepted, however large it is.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_PACE_H_
#define RAFT_CLUSTER_LINK_PACE_H_

#include <algorithm>
#include <cstdint>

#include "raft/base/clock.h"

namespace raft_cluster::internal {

class Pace {
 public:
  static constexpr uint64_t kLeastMark = uint64_t{1} << 20;
  static constexpr uint64_t kMostMark = uint64_t{4} << 20;

  // With so much queued, who would send an envelope of this cost is to wait.
  bool Holds(uint64_t held, uint64_t cost) {
    if (!holds_ && held <= kLeastMark) return false;
    return HoldsBeyondLeast(held, cost);
  }
  // So much is queued now. True, once: those who were to wait may go on.
  bool Eases(uint64_t held) {
    if (!holds_ || held > low_) return false;
    holds_ = false;
    return true;
  }
  // The peer has taken so much more. `round_trip`: without queues on the way;
  // 0: not known yet.
  void OnTaken(uint64_t cost, Micros now, Micros round_trip) {
    taken_ += cost;
    const Micros elapsed = now - since_;
    const Micros trip = std::max(round_trip, kLeastTrip);
    if (elapsed < trip) return;
    const uint64_t carried = round_trip == 0
                                 ? 0
                                 : taken_ * static_cast<uint64_t>(trip) /
                                       static_cast<uint64_t>(elapsed);
    // At once up, and slowly down: a pause says nothing of the way.
    carried_ = std::max(carried, carried_ - carried_ / 8);
    taken_ = 0;
    since_ = now;
  }

  bool holds() const { return holds_; }
  uint64_t HighMark(uint64_t cost) const {
    return std::clamp(kAhead * std::max(carried_, cost), kLeastMark, kMostMark);
  }

 private:
  static constexpr uint64_t kAhead = 4;
  static constexpr Micros kLeastTrip = 1000;

  bool HoldsBeyondLeast(uint64_t held, uint64_t cost) {
    const uint64_t high = HighMark(cost);
    // Of several that wait, the one that may go on first wakes all.
    low_ = holds_ ? std::max(low_, high / 2) : high / 2;
    holds_ = holds_ ? held > low_ : held > high;
    return holds_;
  }

  bool holds_ = false;
  uint64_t low_ = 0;      // While it holds: until so much is left.
  uint64_t carried_ = 0;  // In a round trip.
  uint64_t taken_ = 0;    // Since `since_`.
  Micros since_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_PACE_H_
