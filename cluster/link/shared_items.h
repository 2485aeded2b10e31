// Broadcasts, encoded once and stored once for all queues that they wait in.
// The numbers of items stand in the headers of frames, so the bytes are the
// same for every peer.
//
// They stand one behind the other in chunks, which go when the last queue has
// let go of them. A queue that holds them all has one long run of them, from
// which it cuts frames as from a chunk of its own.
//
// Thread rule: none of its own; the memory may live on in other threads.
#ifndef RAFT_CLUSTER_LINK_SHARED_ITEMS_H_
#define RAFT_CLUSTER_LINK_SHARED_ITEMS_H_

#include <cstddef>
#include <memory>

#include "raft/cluster/link/outgoing.h"
#include "raft/cluster/link/total_budget.h"

namespace raft_cluster::internal {

class SharedItems {
 public:
  // `total` outlives this and all that is held.
  explicit SharedItems(TotalBudget* total) : total_(total) {}

  // All queues have it that will: what follows is another broadcast.
  void Done() {
    is_stored_ = false;
    place_ = Place();
  }

  struct Place {
    std::shared_ptr<Holding> holding;  // By which the queue holds it.
    std::shared_ptr<char> memory;      // Null: of a large one.
    size_t begin = 0;
    size_t end = 0;
  };
  // The place of the broadcast, which is stored at the first call since
  // Done(). Valid until the next one.
  const Place& Store(const Outgoing& envelope);

  // Whether a queue whose last item ends there would have this one right behind
  // it.
  bool Follows(const std::shared_ptr<char>& memory, size_t end,
               const Outgoing& envelope) const;

 private:
  bool Fits(const Outgoing& envelope) const;

  TotalBudget* const total_;
  std::shared_ptr<char> memory_;
  size_t used_ = 0;
  // Of what is in memory_, for as long as any queue holds of it.
  std::weak_ptr<Holding> holding_;

  bool is_stored_ = false;
  Place place_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_SHARED_ITEMS_H_
