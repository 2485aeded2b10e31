#include "raft/cluster/engine/agenda.h"

#include <algorithm>
#include <utility>

#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

// A peer that cannot be reached is blocked. One whose frames arrive all the
// same is told what is wrong with them: that goes by the connection that they
// came by.
Micros FrameDeadline(const Peer& peer) {
  if (!peer.blocked) return peer.link->FrameDeadline();
  return peer.link->owes_reply() ? 0 : kNever;
}

}  // namespace

Link& Agenda::Touch(Peer& peer) {
  // Two lists, since they are emptied by different hands: between two ticks
  // what is due is asked for many times.
  if (!peer.deadlines_stale) {
    peer.deadlines_stale = true;
    stale_.push_back(peer.ref);
  }
  if (!peer.state_stale) {
    peer.state_stale = true;
    changed_.push_back(peer.ref);
  }
  return *peer.link;
}

void Agenda::Forget(Peer& peer) {
  for (Deadlines* deadlines : {&frames_, &owing_, &ticks_}) {
    deadlines->Set(peer.ref.slot, kNever);
  }
  if (peer.live) --live_;
  // Whoever gets the slot is touched anew. What stale_ and changed_ have of
  // this one is a stale reference.
  peer.live = false;
}

void Agenda::Settle() {
  for (const PeerRef ref : stale_) {
    Peer* const peer = peers_.Get(ref);
    if (peer != nullptr) Refresh(*peer);
  }
  stale_.clear();
  RAFT_DEBUG_ASSERT(IsRight());
}

void Agenda::Refresh(Peer& peer) {
  const uint32_t slot = peer.ref.slot;
  const Link& link = *peer.link;
  const Micros frame = FrameDeadline(peer);
  // A frame that is due at once has the deadline 0, before all others. Taken as
  // of now it queues behind those that wait, so a busy link starves nobody.
  frames_.Set(slot, frame == kNever ? kNever : std::max(frame, seen_now_));
  owing_.Set(slot, !peer.blocked && link.owes_news() ? 0 : kNever);
  ticks_.Set(slot, link.TickDeadline());
  live_ += static_cast<int>(link.live()) - static_cast<int>(peer.live);
  peer.live = link.live();
  peer.deadlines_stale = false;
}

bool Agenda::IsRight() const {
  const std::vector<uint32_t>& slots = peers_.slots();
  const auto live = [this](uint32_t slot) {
    return peers_.at(slot).link->live();
  };
  if (std::count_if(slots.begin(), slots.end(), live) != live_) return false;
  return std::all_of(slots.begin(), slots.end(), [this](uint32_t slot) {
    const Peer& peer = peers_.at(slot);
    const Micros frame = FrameDeadline(peer);
    const Micros kept = frames_.time(slot);
    // What was due at once was put behind those that waited: later than the
    // link says, but not later than now.
    return (kept == frame || (frame < kept && kept <= seen_now_)) &&
           ticks_.time(slot) == peer.link->TickDeadline() &&
           (owing_.time(slot) == 0) ==
               (!peer.blocked && peer.link->owes_news()) &&
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
  std::vector<PeerRef> changed;
  changed.swap(changed_);
  for (const PeerRef ref : changed) {
    Peer* const peer = peers_.Get(ref);
    if (peer == nullptr) continue;
    // Before the flag goes down, or the list would have it again, turn after
    // turn.
    Touch(*peer);  // The tick may move its deadlines.
    peer->state_stale = false;
    slots.push_back(ref.slot);
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
