// The peers of a server: each has one home here, with its url and keys, its
// link and all that the engine keeps of it.
//
//   PeerTable peers;
//   const PeerRef two = peers.Add({2, url}, std::move(link));
//   peers.Remove(two);
//   peers.Get(two);  // Null, whoever has the slot by then.
//
// Everything else names a peer by a PeerRef, which is stale once the peer was
// removed: what was queued for a former peer, or comes from it, finds nobody,
// also where another peer has got the same slot.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_PEER_TABLE_H_
#define RAFT_CLUSTER_ENGINE_PEER_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/optional.h"
#include "raft/base/assert.h"
#include "raft/base/pid.h"
#include "raft/cluster/link/link.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

struct PeerRef {
  uint32_t slot = 0;
  uint32_t generation = 0;  // 0: nobody.

  friend bool operator==(const PeerRef& a, const PeerRef& b) {
    return a.slot == b.slot && a.generation == b.generation;
  }
  friend bool operator!=(const PeerRef& a, const PeerRef& b) {
    return !(a == b);
  }
};

struct Peer {
  PeerSpec spec;  // Its pid and where it is.
  PeerRef ref;
  std::unique_ptr<Link> link;
  // By which it is known again if it is removed and added.
  std::vector<std::string> identity;
  bool blocked = false;  // The transport takes no frames for it just now.
  // The one that it did not take, while it is not being tried again.
  absl::optional<Frame> stuck;
  bool live = false;  // As last looked at.
  // What changed may have moved its deadlines; it may be in another state.
  bool deadlines_stale = false;
  bool state_stale = false;
};

// A frame that is being tried again.
struct StuckFrame {
  PeerRef ref;
  Pid peer = 0;
  Frame frame;
};

class PeerTable {
 public:
  // REQUIRES: there is no peer of that pid.
  PeerRef Add(PeerSpec spec, std::unique_ptr<Link> link);
  // Its references are stale from now on, and its slot is free. REQUIRES: it is
  // there.
  void Remove(PeerRef ref);

  // Null: there is no such peer (any more).
  Peer* Get(PeerRef ref);
  Peer* Find(Pid pid);
  // REQUIRES: a peer is there.
  Peer& at(uint32_t slot) {
    RAFT_DEBUG_ASSERT(slot < slots_.size() && slots_[slot].peer != nullptr);
    return *slots_[slot].peer;
  }
  const Peer& at(uint32_t slot) const {
    RAFT_DEBUG_ASSERT(slot < slots_.size() && slots_[slot].peer != nullptr);
    return *slots_[slot].peer;
  }

  // Has the frame wait with its peer, in place of one that waited.
  void KeepStuck(Peer& peer, Frame frame);
  // Takes out all frames that wait.
  std::vector<StuckFrame> TakeStuck();
  // False: none of this peer waited.
  bool DropStuck(Peer& peer);
  bool has_stuck() const { return !stuck_.empty(); }

  // Of all peers, by pid.
  std::vector<PeerSpec> Specs() const;
  size_t size() const { return order_.size(); }
  // Their slots, by pid.
  const std::vector<uint32_t>& slots() const { return order_; }

 private:
  struct Slot {
    uint32_t generation = 0;  // Of who is there, or was there last.
    std::unique_ptr<Peer> peer;
  };

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> order_;
  absl::flat_hash_map<Pid, uint32_t> index_;
  std::vector<uint32_t> stuck_;  // Slots of those with a frame that waits.
  // Who was looked for last: mostly the next one, too.
  Peer* found_ = nullptr;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_PEER_TABLE_H_
