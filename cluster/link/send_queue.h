// What was accepted for one peer and is not known to have been taken: encoded
// once, kept until it is settled, cut into frames as credit allows.
//
// Items are numbered from 1 in the order in which they were appended; the
// numbers go on over sessions. head() is the newest settled one. A cursor
// stands behind the newest that was cut; Rewind() puts it back to the head.
//
// Small envelopes stand one behind the other in chunks of 260 KiB (64 while the
// queue is quiet), and a frame's body is a slice of a chunk: no byte is copied
// again, whatever is sent, sent again, or renumbered. A large msg is
// referenced. So are broadcasts, once there is no room behind the last
// envelope: many queues share them.
//
// Thread rule: none of its own; the slices may live on in other threads.
#ifndef RAFT_CLUSTER_LINK_SEND_QUEUE_H_
#define RAFT_CLUSTER_LINK_SEND_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "raft/base/clock.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/outgoing.h"
#include "raft/cluster/link/shared_items.h"
#include "raft/cluster/link/total_budget.h"
#include "raft/transport/frame.h"

namespace raft_cluster::internal {

class SendQueue {
 public:
  // How many envelopes, and of how many msg bytes.
  struct Count {
    uint64_t envelopes = 0;
    uint64_t bytes = 0;
    uint64_t first_id = 0;  // Of the first of them.
  };

  // Consecutive items, ready to be the end of a frame.
  struct Slice {
    uint64_t first = 0;  // The number of the first item.
    uint64_t items = 0;
    uint64_t cost = 0;
    std::string prefix;  // Of a single large item; its msg is the body.
    Bytes body;
  };

  // `total`, if there is one, counts what is held, and outlives this.
  explicit SendQueue(TotalBudget* total = nullptr) : total_(total) {}
  ~SendQueue() { Clear(); }
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  // `shared`: it goes to several queues, and may stand there.
  void Append(const Outgoing& envelope, Micros now,
              SharedItems* shared = nullptr);

  uint64_t head() const { return head_; }
  uint64_t end() const { return end_; }  // The newest number.
  uint64_t cursor() const { return cursor_; }
  bool empty() const { return head_ == end_; }
  // What the bounds are measured by: the cost of all that is not settled.
  uint64_t held_cost() const { return held_cost_; }
  // Envelopes that are not settled.
  uint64_t unsettled() const { return unsettled_; }
  // The same with their bytes and first id, which takes a look at a chunk.
  Count CountUnsettled() const;
  // No msg is larger of those that are in it, or have left it since it was
  // empty.
  uint64_t largest() const { return largest_; }
  // When the oldest envelope that is not settled was appended, or up to 10 ms
  // and a fiftieth of the queue's time span before; 0 if there is none.
  Micros oldest_time() const;

  // Settles all up to `number`, at most up to the cursor; returns how many
  // envelopes that settled. A number within a large envelope settles only what
  // is before that envelope.
  uint64_t Settle(uint64_t number);
  Count SettleAll();
  // Takes out every envelope whose msg is larger. REQUIRES: the cursor is at
  // the head. Later ones move up to close the ranks.
  Count RemoveLarger(uint64_t max_msg_bytes);
  // Takes out every envelope of which nothing was cut: what is behind the
  // cursor, but the rest of a large one. Their numbers are given anew.
  Count RemoveUncut();

  // From now on large envelopes are cut into fragments of this size, also those
  // that are in it. True: some have other numbers now. REQUIRES: the cursor is
  // at the head.
  bool CutInto(uint64_t fragment_bytes);

  // There is a frame's worth behind the cursor, which will not grow any more.
  bool HasFullFrame() const;
  // There are others behind the cursor, and it would be of one frame with the
  // last of them.
  bool CanJoin(const Outgoing& envelope,
               const SharedItems* shared = nullptr) const {
    return cursor_ != end_ && !envelope.is_large() &&
           (HasRoomFor(envelope) ||
            (shared != nullptr && IsFollowedBy(*shared, envelope)));
  }
  // Appends it to those, as of the same time. REQUIRES: CanJoin(), of the same.
  void Join(const Outgoing& envelope, SharedItems* shared = nullptr);
  // Cuts the next frame's worth of items, as far as their cost is `max_cost`
  // at most, and moves the cursor. False if not even one is.
  bool Cut(uint64_t max_cost, Slice* slice);
  void Rewind();

 private:
  // Either small envelopes in `memory`, or one large envelope.
  struct Entry {
    uint64_t first = 0;  // The number of its first item.
    uint64_t items = 0;
    uint64_t cost = 0;
    uint64_t cut_cost = 0;  // Of the items before the cursor.
    // Of the small ones that are settled: their cost, and where they end.
    uint64_t settled_cost = 0;
    size_t settled_end = 0;
    // Shared with the frames that are on their way.
    std::shared_ptr<char> memory;
    size_t capacity = 0;  // To where this queue may write in the memory.
    size_t begin = 0;     // Where its first item begins.
    size_t used = 0;
    Outgoing large;
    // By which it counts in the total, if other queues have it, too.
    std::shared_ptr<Holding> holding;

    bool is_large() const { return memory == nullptr; }
    uint64_t last() const { return first + items - 1; }
    uint64_t envelopes() const { return is_large() ? 1 : items; }
  };
  struct Mark {  // From this number on, envelopes are of this time.
    uint64_t number;
    Micros time;
  };

  void MarkTime(Micros now);
  static absl::string_view ItemsFrom(const Entry& entry, size_t begin) {
    return absl::string_view(entry.memory.get() + begin, entry.used - begin);
  }
  static uint64_t FirstId(const Entry& entry, size_t begin);
  void CountOut(const Entry& entry, uint64_t envelopes, uint64_t cost,
                size_t begin, Count* removed);
  uint64_t ItemsOfLarge(const Outgoing& envelope) const {
    return (envelope.msg.size() + fragment_bytes_ - 1) / fragment_bytes_;
  }
  Item FragmentOf(const Entry& entry, uint64_t number) const;
  // Behind the last one, in memory of this queue.
  bool HasRoomFor(const Outgoing& envelope) const {
    return !entries_.empty() && HasRoomFor(entries_.back(), envelope);
  }
  static bool HasRoomFor(const Entry& entry, const Outgoing& envelope) {
    return entry.used + EncodedBytes(envelope) <= entry.capacity;
  }
  // Behind the last one, in memory of many.
  bool IsFollowedBy(const SharedItems& shared, const Outgoing& envelope) const {
    return !entries_.empty() && entries_.back().holding != nullptr &&
           shared.Follows(entries_.back().memory, entries_.back().used,
                          envelope);
  }
  void AppendSmall(const Outgoing& envelope, SharedItems* shared);
  void AppendShared(const Outgoing& envelope, SharedItems* shared);
  void AppendLarge(const Outgoing& envelope, SharedItems* shared);
  void AddChunk(const Outgoing& envelope);
  void Put(const Outgoing& envelope);
  void SettleWithin(Entry& entry, uint64_t number);
  void Hold(const Entry& entry, uint64_t cost);
  void Release(const Entry& entry, uint64_t cost);
  const Entry* EntryBehindCursor() const;
  bool CutSmall(Entry& entry, uint64_t max_cost, Slice* slice);
  bool CutLarge(Entry& entry, uint64_t max_cost, Slice* slice);
  void Clear();

  TotalBudget* const total_;
  std::deque<Entry> entries_;
  std::deque<Mark> marks_;
  Micros mark_distance_ = 0;
  uint64_t head_ = 0;
  uint64_t end_ = 0;
  uint64_t held_cost_ = 0;
  uint64_t own_cost_ = 0;  // As much of it as no other queue holds.
  uint64_t unsettled_ = 0;
  uint64_t largest_ = 0;
  uint64_t fragment_bytes_ = kFragmentBytes;

  // The newest number that was cut; the place in entries_ of the entry that
  // it is in, or that the next is in; and how far that one's bytes were cut.
  uint64_t cursor_ = 0;
  size_t cursor_entry_ = 0;
  size_t cursor_offset_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_SEND_QUEUE_H_
