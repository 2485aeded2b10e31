// Events that nobody has fetched yet, at most kMaxEvents of them.
//
//   EventQueue events;
//   events.Push(std::move(event), /*after=*/inbox.pushed());
//   while (events.Pop(&event)) ...
//
// What repeats is folded. Events of one peer keep their order, but for those
// that only count something (refused frames, skipped envelopes): of these one
// waits for each peer and reason, whatever has come since, and they are the
// first to be discarded. So neither strangers nor a broadcast to many absent
// peers push out that somebody has restarted.
//
// To push or to pop costs the same however many wait.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_EVENT_QUEUE_H_
#define RAFT_CLUSTER_ENGINE_EVENT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "raft/base/pid.h"
#include "raft/proto/event.pb.h"

namespace raft_cluster::internal {

class EventQueue {
 public:
  static constexpr size_t kMaxEvents = 1024;

  EventQueue() = default;
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // `after`: how many envelopes had come before it.
  void Push(Event event, uint64_t after);
  // The oldest; says how many were missed before it. False: there is none.
  bool Pop(Event* event);

  bool empty() const { return news_.empty() && counts_.empty(); }
  // As it was pushed with the oldest. REQUIRES: !empty().
  uint64_t first_after() const;
  // How many were ever discarded.
  uint64_t missed() const { return missed_; }

 private:
  struct Waiting {
    Event event;
    uint64_t after = 0;
    uint64_t number = 0;  // In the order in which they came.
  };
  // To push and pop at the ends of a deque leaves pointers to others valid.
  using Line = std::deque<Waiting>;
  // The peer, and the kind and refusal of an event that counts.
  using Subject = std::pair<Pid, int>;

  static bool Counts(const Event& event) {
    return event.kind() == Event::FRAME_REFUSED ||
           event.kind() == Event::ENVELOPES_SKIPPED;
  }
  static Subject SubjectOf(const Event& event);
  // The event that this one is to be folded into; null if there is none.
  Waiting* Same(const Event& event);
  Waiting TakeFirst(Line* line);
  // The line with the oldest event.
  const Line& Older() const;

  Line news_;
  Line counts_;
  absl::flat_hash_map<Pid, Waiting*> last_news_;
  absl::flat_hash_map<Subject, Waiting*> waiting_counts_;
  uint64_t pushed_ = 0;
  uint64_t missed_ = 0;
  uint64_t missed_unsaid_ = 0;  // Of those, by no Event::missed so far.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_EVENT_QUEUE_H_
