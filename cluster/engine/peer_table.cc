#include "raft/cluster/engine/peer_table.h"

#include <algorithm>
#include <utility>

namespace raft_cluster::internal {

PeerRef PeerTable::Add(Pid pid, std::unique_ptr<Link> link) {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  auto peer = std::make_unique<Peer>();
  peer->pid = pid;
  peer->ref = {slot, ++slots_[slot].generation};
  peer->link = std::move(link);
  slots_[slot].peer = std::move(peer);
  const auto place = std::lower_bound(
      order_.begin(), order_.end(), pid,
      [this](uint32_t other, Pid wanted) { return at(other).pid < wanted; });
  order_.insert(place, slot);
  index_[pid] = slot;
  return slots_[slot].peer->ref;
}

void PeerTable::Remove(PeerRef ref) {
  Slot& slot = slots_[ref.slot];
  if (found_ == slot.peer.get()) found_ = nullptr;
  index_.erase(slot.peer->pid);
  order_.erase(std::find(order_.begin(), order_.end(), ref.slot));
  slot.peer.reset();
  free_.push_back(ref.slot);
}

Peer* PeerTable::Get(PeerRef ref) {
  if (ref.slot >= slots_.size()) return nullptr;
  Slot& slot = slots_[ref.slot];
  return slot.generation == ref.generation ? slot.peer.get() : nullptr;
}

Peer* PeerTable::Find(Pid pid) {
  if (found_ != nullptr && found_->pid == pid) return found_;
  const auto found = index_.find(pid);
  if (found == index_.end()) return nullptr;
  return found_ = slots_[found->second].peer.get();
}

}  // namespace raft_cluster::internal
