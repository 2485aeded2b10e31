// Envelopes that have come and were not taken yet, of all peers in one line.
//
// Runs stay as the frames brought them, and are read one envelope at a time.
// Where small ones pile up they are copied together, whoever they are of, so
// that the memory they take stays near what they count.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_INBOX_QUEUE_H_
#define RAFT_CLUSTER_ENGINE_INBOX_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "absl/functional/function_ref.h"
#include "raft/cluster/engine/delivery.h"
#include "raft/cluster/engine/peer_table.h"
#include "raft/cluster/link/receive_window.h"

namespace raft_cluster::internal {

class InboxQueue {
 public:
  explicit InboxQueue(Pid self) : self_(self) {}

  // `peer` is whose link brought the run.
  void Push(PeerRef peer, Pid from, uint64_t life, ItemRun run);
  // Hands out up to `limit` envelopes in their order, as far as they came in
  // one run, and says what that means to their link: how many it was is in
  // taken->envelopes. REQUIRES: !empty(), limit > 0.
  void Pop(size_t limit, Pins pins,
           absl::FunctionRef<void(Delivery&& received)> take, PeerRef* peer,
           Taken* taken);
  // Drops what this peer's link has brought; how many envelopes. They count as
  // gone, each when all that came before it is.
  uint64_t Remove(PeerRef peer);
  bool empty() const { return entries_.empty(); }
  // How many envelopes were ever pushed, and how many of them are gone.
  uint64_t pushed() const { return pushed_; }
  uint64_t gone() const { return gone_; }
  void Clear();

 private:
  struct Entry {
    PeerRef peer;
    Pid from = 0;
    uint64_t life = 0;
    ItemRun run;
    uint64_t removed_behind = 0;  // Envelopes that were dropped right after it.
    size_t read = 0;              // Of run.bytes.
    Pin pin;                      // On them, once something was read.
  };

  // Copies the run's bytes behind those of the others.
  void Gather(ItemRun* run);
  // Puts a run that was gathered right behind the last entry into that.
  bool Join(PeerRef peer, const ItemRun& run);

  const Pid self_;
  std::deque<Entry> entries_;
  uint64_t pushed_ = 0;
  uint64_t gone_ = 0;
  // Where small runs are gathered. Shared with those who took from it.
  std::shared_ptr<char> copy_;
  size_t copied_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_INBOX_QUEUE_H_
