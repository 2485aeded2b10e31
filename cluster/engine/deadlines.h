// When each of many is due: the earliest is at hand, and to change one costs
// what the logarithm of their number is.
//
// Of those that are due at the same time, the one comes first whose time was
// set first, so that nobody who is due again and again keeps the others
// waiting.
//
// A binary heap in which each slot knows its place.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_DEADLINES_H_
#define RAFT_CLUSTER_ENGINE_DEADLINES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "raft/base/assert.h"
#include "raft/base/clock.h"

namespace raft_cluster::internal {

class Deadlines {
 public:
  // When `slot` is due; kNever takes it out. Slots are small numbers.
  void Set(uint32_t slot, Micros time);

  bool empty() const { return heap_.empty(); }
  // The earliest; kNever, if nobody is due ever.
  Micros first_time() const { return heap_.empty() ? kNever : heap_[0].time; }
  // REQUIRES: !empty().
  uint32_t first() const {
    RAFT_ASSERT(!empty());
    return heap_[0].slot;
  }
  // As it was set.
  Micros time(uint32_t slot) const;

 private:
  struct Item {
    Micros time;
    uint64_t order;
    uint32_t slot;
  };
  static constexpr size_t kNowhere = static_cast<size_t>(-1);

  static bool Before(const Item& a, const Item& b) {
    return a.time != b.time ? a.time < b.time : a.order < b.order;
  }
  void Place(size_t at, const Item& item);
  void Up(size_t at, const Item& item);
  void Down(size_t at, const Item& item);
  void Remove(size_t at);

  std::vector<Item> heap_;
  std::vector<size_t> places_;  // By slot.
  uint64_t order_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_DEADLINES_H_
