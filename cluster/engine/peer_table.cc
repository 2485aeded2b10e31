#include "raft/cluster/engine/peer_table.h"

#include <algorithm>
#include <utility>

namespace raft_cluster::internal {

PeerRef PeerTable::Add(PeerSpec spec, std::unique_ptr<Link> link) {
  const Pid pid = spec.pid;
  RAFT_ASSERT(index_.count(pid) == 0);
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  auto peer = std::make_unique<Peer>();
  peer->spec = std::move(spec);
  // References to whoever had the slot before are stale by this.
  // Generations begin at 1: a reference that was never set is nobody's.
  peer->ref = {slot, ++slots_[slot].generation};
  peer->link = std::move(link);
  slots_[slot].peer = std::move(peer);
  // By pid, so that broadcasts, accounts and errors name peers in the same
  // order whatever was added or removed.
  const auto place = std::lower_bound(order_.begin(), order_.end(), pid,
                                      [this](uint32_t other, Pid wanted) {
                                        return at(other).spec.pid < wanted;
                                      });
  order_.insert(place, slot);
  index_[pid] = slot;
  return slots_[slot].peer->ref;
}

void PeerTable::Remove(PeerRef ref) {
  RAFT_ASSERT(Get(ref) != nullptr);
  Slot& slot = slots_[ref.slot];
  // Whoever is kept for speed must not outlive its peer.
  if (found_ == slot.peer.get()) found_ = nullptr;
  DropStuck(*slot.peer);
  index_.erase(slot.peer->spec.pid);
  order_.erase(std::find(order_.begin(), order_.end(), ref.slot));
  slot.peer.reset();
  free_.push_back(ref.slot);
}

Peer* PeerTable::Get(PeerRef ref) {
  if (ref.slot >= slots_.size()) return nullptr;
  Slot& slot = slots_[ref.slot];
  return slot.generation == ref.generation ? slot.peer.get() : nullptr;
}

void PeerTable::KeepStuck(Peer& peer, Frame frame) {
  if (!peer.stuck.has_value()) stuck_.push_back(peer.ref.slot);
  // A frame that stands there already is older than this one, and lost on its
  // way by now. One is enough: while it is stuck the link is blocked and cuts
  // none.
  peer.stuck = std::move(frame);
}

std::vector<StuckFrame> PeerTable::TakeStuck() {
  std::vector<StuckFrame> taken;
  taken.reserve(stuck_.size());
  for (const uint32_t slot : stuck_) {
    Peer& peer = at(slot);
    taken.push_back({peer.ref, peer.spec.pid, *std::move(peer.stuck)});
    peer.stuck.reset();
  }
  stuck_.clear();
  return taken;
}

bool PeerTable::DropStuck(Peer& peer) {
  if (!peer.stuck.has_value()) return false;
  peer.stuck.reset();
  stuck_.erase(std::find(stuck_.begin(), stuck_.end(), peer.ref.slot));
  return true;
}

std::vector<PeerSpec> PeerTable::Specs() const {
  std::vector<PeerSpec> specs;
  specs.reserve(order_.size());
  for (const uint32_t slot : order_) specs.push_back(at(slot).spec);
  return specs;
}

Peer* PeerTable::Find(Pid pid) {
  // Frames and sends come in runs, mostly for the same peer.
  if (found_ != nullptr && found_->spec.pid == pid) return found_;
  const auto found = index_.find(pid);
  if (found == index_.end()) return nullptr;
  return found_ = slots_[found->second].peer.get();
}

}  // namespace raft_cluster::internal
