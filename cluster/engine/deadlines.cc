#include "raft/cluster/engine/deadlines.h"

namespace raft_cluster::internal {

// A binary heap that knows where each slot stands in it, which
// std::priority_queue does not. Deadlines move with nearly every frame: if the
// former ones were left in the heap until their time, it would grow with the
// traffic.
Micros Deadlines::time(uint32_t slot) const {
  const size_t at = slot < places_.size() ? places_[slot] : kNowhere;
  return at == kNowhere ? kNever : heap_[at].time;
}

void Deadlines::Set(uint32_t slot, Micros time) {
  if (slot >= places_.size()) places_.resize(slot + 1, kNowhere);
  const size_t at = places_[slot];
  if (time == kNever) {
    if (at != kNowhere) Remove(at);
    return;
  }
  // Numbered, so that those of one time take turns: who is set last comes last.
  const Item item{time, ++order_, slot};
  if (at == kNowhere) {
    heap_.push_back(item);
    return Up(heap_.size() - 1, item);
  }
  // What is set to the same time keeps its turn.
  if (heap_[at].time == time) return;
  if (Before(item, heap_[at])) {
    Up(at, item);
  } else {
    Down(at, item);
  }
}

void Deadlines::Place(size_t at, const Item& item) {
  heap_[at] = item;
  places_[item.slot] = at;
}

void Deadlines::Up(size_t at, const Item& item) {
  while (at > 0) {
    const size_t parent = (at - 1) / 2;
    if (!Before(item, heap_[parent])) break;
    Place(at, heap_[parent]);
    at = parent;
  }
  Place(at, item);
}

void Deadlines::Down(size_t at, const Item& item) {
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) {
      ++child;
    }
    if (!Before(heap_[child], item)) break;
    Place(at, heap_[child]);
    at = child;
  }
  Place(at, item);
}

void Deadlines::Remove(size_t at) {
  places_[heap_[at].slot] = kNowhere;
  const Item last = heap_.back();
  heap_.pop_back();
  if (at == heap_.size()) return;
  // It comes from another branch, so it may belong above the gap as well as
  // below.
  if (at > 0 && Before(last, heap_[(at - 1) / 2])) {
    Up(at, last);
  } else {
    Down(at, last);
  }
}

}  // namespace raft_cluster::internal
