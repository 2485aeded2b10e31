// When the loop thread looks whether it is its turn to lead, while Receive()s
// lead: one that leaves is likely to be followed by the next, between which the
// loop must not get; but if none comes, the loop has to lead soon.
//
//   keep_out.Began(now);                    // A Receive() leads,
//   keep_out.Ended(now);                    // and leads no more.
//   if (keep_out.wants_to_be_told()) ...    // Wake the loop.
//   ...
//   const Micros until = keep_out.Look(now, /*led=*/false);  // The loop:
//   if (until == 0) ...                     // It is its turn; else it sleeps.
//
// To tell the loop of each Receive() would cost each a system call, and to look
// every millisecond costs the round trips in between: so it looks by itself,
// seldom where Receive()s follow each other closely, and sleeps until it is
// told where one goes on for long.
//
//   Receive()s                           looks          leads after the last
//   now and then                         every 1 ms     1 ms
//   64 in a row, less than 1 ms apart    every 8 ms     8 ms at most
//   one, for 20 looks                    never          1 ms: it tells
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_KEEP_OUT_H_
#define RAFT_CLUSTER_ENGINE_KEEP_OUT_H_

#include "raft/base/clock.h"

namespace raft_cluster::internal {

class KeepOut {
 public:
  static constexpr Micros kKeepOut = 1000;
  static constexpr Micros kSeldom = 8000;
  static constexpr int kInARow = 64;
  static constexpr int kLooksAtOne = 20;

  void Began(Micros now) {
    if (now - ended_at_ >= kKeepOut) {
      in_a_row_ = 0;
    } else if (in_a_row_ < kInARow) {
      ++in_a_row_;
    }
  }
  void Ended(Micros now) { ended_at_ = now; }
  // It sleeps for longer than who leaves can be sure to be followed.
  bool wants_to_be_told() const {
    return !close() && looks_at_ > ended_at_ + kKeepOut;
  }

  // `led`: by somebody, or about to be. When it looks again if it is not told
  // before; 0: it leads now.
  Micros Look(Micros now, bool led) {
    if (!led && now - ended_at_ >= kKeepOut) {
      looks_at_ = looks_ = in_a_row_ = 0;
      return 0;
    }
    looks_ = led && seen_ended_at_ == ended_at_ ? looks_ + 1 : 0;
    seen_ended_at_ = ended_at_;
    if (looks_ >= kLooksAtOne) {
      in_a_row_ = 0;
      looks_at_ = kNever;
    } else if (close()) {
      looks_at_ = now + kSeldom;
    } else {
      looks_at_ = (led ? now : ended_at_) + kKeepOut;
    }
    return looks_at_;
  }

 private:
  bool close() const { return in_a_row_ >= kInARow; }

  Micros ended_at_ = -kKeepOut;  // The last Receive() that led.
  int in_a_row_ = 0;             // Receive()s that led soon after another.
  Micros looks_at_ = 0;
  int looks_ = 0;  // In which one and the same led.
  Micros seen_ended_at_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_KEEP_OUT_H_
