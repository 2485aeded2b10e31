#include "raft/cluster/engine/agenda.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace raft_cluster::internal {

Link& Agenda::Touch(Peer& peer) {
  if (!peer.deadlines_stale) {
    peer.deadlines_stale = true;
    stale_.push_back(peer.ref.slot);
  }
  if (!peer.state_stale) {
    peer.state_stale = true;
    changed_.push_back(peer.ref.slot);
  }
  return *peer.link;
}

void Agenda::Settle() {
  for (const uint32_t slot : stale_) Refresh(peers_.at(slot));
  stale_.clear();
  assert(DeadlinesAreRight());
}

void Agenda::Refresh(Peer& peer) {
  const uint32_t slot = peer.ref.slot;
  const Link& link = *peer.link;
  const Micros frame = peer.blocked ? kNever : link.FrameDeadline();
  frames_.Set(slot, frame == kNever ? kNever : std::max(frame, seen_now_));
  owing_.Set(slot, !peer.blocked && link.owes_news() ? 0 : kNever);
  ticks_.Set(slot, link.TickDeadline());
  live_ += static_cast<int>(link.live()) - static_cast<int>(peer.live);
  peer.live = link.live();
  peer.deadlines_stale = false;
}

bool Agenda::DeadlinesAreRight() const {
  return std::all_of(
      peers_.slots().begin(), peers_.slots().end(), [this](uint32_t slot) {
        const Peer& peer = peers_.at(slot);
        const Micros frame = peer.blocked ? kNever : peer.link->FrameDeadline();
        const Micros kept = frames_.time(slot);
        return (kept == frame || (frame < kept && kept <= seen_now_)) &&
               ticks_.time(slot) == peer.link->TickDeadline() &&
               peer.live == peer.link->live();
      });
}

bool Agenda::HasDueFrame(Micros now, bool sleeping) {
  Settle();
  seen_now_ = std::max(seen_now_, now);
  return frames_.first_time() <= now || (sleeping && !owing_.empty());
}

Peer* Agenda::NextDue(Micros now, bool sleeping) {
  if (!HasDueFrame(now, sleeping)) return nullptr;
  const uint32_t slot =
      frames_.first_time() <= now ? frames_.first() : owing_.first();
  // Behind the others that are due, if it still is.
  frames_.Set(slot, kNever);
  owing_.Set(slot, kNever);
  Touch(peers_.at(slot));
  return &peers_.at(slot);
}

std::vector<uint32_t> Agenda::TakeTicks(Micros now) {
  Settle();
  while (ticks_.first_time() <= now) {
    const uint32_t slot = ticks_.first();
    ticks_.Set(slot, kNever);
    Touch(peers_.at(slot));
  }
  std::vector<uint32_t> slots;
  slots.swap(changed_);
  for (const uint32_t slot : slots) {
    Touch(peers_.at(slot));  // The tick may move its deadlines.
    peers_.at(slot).state_stale = false;
  }
  return slots;
}

Micros Agenda::Deadline() {
  Settle();
  return std::min(frames_.first_time(), ticks_.first_time());
}

int Agenda::live() {
  Settle();
  return live_;
}

}  // namespace raft_cluster::internal
