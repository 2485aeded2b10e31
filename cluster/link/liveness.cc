#include "raft/cluster/link/liveness.h"

#include <algorithm>

namespace raft_cluster::internal {

void Liveness::OnHeard(uint64_t stamp, Micros now) {
  last_heard_ = now;
  silent_ = false;
  echo_ = std::max(echo_, stamp);
}

void Liveness::OnLeft(Micros now) {
  last_heard_ = now;
  unechoed_since_ = kNever;
}

void Liveness::OnEcho(uint64_t echo, uint64_t last_stamp, Micros now) {
  if (!IsNewEcho(echo)) return;
  echoed_ = std::min(echo, last_stamp);
  // What was said since is given its own time, from now.
  unechoed_since_ = echoed_ == last_stamp ? kNever : now;
  bound_ = kBlackHoleBound;
}

bool Liveness::GivesUp(Micros since, Micros now) {
  if (since == kNever || now - since < bound_) return false;
  unechoed_since_ = now;
  bound_ = std::min(2 * bound_, kMaxBlackHoleBound);
  return true;
}

void Liveness::HeldUp(Micros duration, Micros now) {
  // One that was silent before is not excused by our own pause.
  if (!silent_) ShiftSince(&last_heard_, duration, now);
  ShiftSince(&unechoed_since_, duration, now);
}

}  // namespace raft_cluster::internal
