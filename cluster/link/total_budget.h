// What a server holds for all of its peers together, in the measure of its
// budgets: an envelope counts as its msg + 64 bytes, and one that is broadcast
// counts once, however many peers it waits for.
//
// Half of it is the most that is kept for peers that are not live: those that
// are away do not take the room of those that are there.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_TOTAL_BUDGET_H_
#define RAFT_CLUSTER_LINK_TOTAL_BUDGET_H_

#include <cstdint>

#include "raft/base/assert.h"

namespace raft_cluster::internal {

class TotalBudget {
 public:
  explicit TotalBudget(uint64_t limit) : limit_(limit) {}
  TotalBudget(const TotalBudget&) = delete;
  TotalBudget& operator=(const TotalBudget&) = delete;
  ~TotalBudget() { RAFT_ASSERT(held_ == 0); }

  // For a peer that is live, or not.
  bool HasRoom(uint64_t cost, bool live) const {
    return held_ + cost <= LimitFor(live);
  }
  uint64_t LimitFor(bool live) const { return live ? limit_ : limit_ / 2; }
  void Hold(uint64_t cost) { held_ += cost; }
  void Release(uint64_t cost) {
    RAFT_DEBUG_ASSERT(cost <= held_);
    held_ -= cost;
  }
  uint64_t held() const { return held_; }

 private:
  const uint64_t limit_;
  uint64_t held_ = 0;
};

// What several queues hold together: it counts until the last has let go.
class Holding {
 public:
  explicit Holding(TotalBudget* total) : total_(total) {}
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;
  ~Holding() { total_->Release(cost_); }

  void Add(uint64_t cost) {
    cost_ += cost;
    total_->Hold(cost);
  }

 private:
  TotalBudget* const total_;
  uint64_t cost_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_TOTAL_BUDGET_H_
