#include "raft/cluster/link/liveness.h"

#include <algorithm>

namespace raft_cluster::internal {

bool Liveness::Plausible(uint64_t stamp, Micros now) const {
  constexpr uint64_t kYear = uint64_t{366} * 24 * 60 * 60 * 1000000;
  // Of the first one nothing is known but that there will be later ones.
  if (!heard_) return stamp < uint64_t{1} << 62;
  return stamp <= echo_ + static_cast<uint64_t>(now - last_heard_) + kYear;
}

void Liveness::OnHeard(uint64_t stamp, Micros now) {
  heard_ = true;
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

bool Liveness::GivesUp(Micros since, Micros heartbeat, Micros now) {
  if (since == kNever || now - since < Bound(heartbeat)) return false;
  unechoed_since_ = now;
  // Doubled: where an echo takes longer than the bound, connections would be
  // made and given up without end.
  bound_ = std::min(2 * bound_, kMaxBlackHoleBound);
  return true;
}

void Liveness::HeldUp(Micros duration, Micros now) {
  // One that was silent before is not excused by our own pause.
  if (!silent_) ShiftSince(&last_heard_, duration, now);
  ShiftSince(&unechoed_since_, duration, now);
}

}  // namespace raft_cluster::internal
