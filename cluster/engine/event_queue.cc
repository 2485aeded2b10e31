#include "raft/cluster/engine/event_queue.h"

#include "raft/base/assert.h"

namespace raft_cluster::internal {

EventQueue::Subject EventQueue::SubjectOf(const Event& event) {
  return {event.peer(), event.kind() * Refusal::Reason_ARRAYSIZE +
                            static_cast<int>(event.refusal())};
}

EventQueue::Waiting* EventQueue::Same(const Event& event) {
  // A count is added to the one that waits, wherever that is in the line.
  if (Counts(event)) {
    const auto found = waiting_counts_.find(SubjectOf(event));
    return found == waiting_counts_.end() ? nullptr : found->second;
  }
  // News is folded only into the latest of its peer: UP, SILENT, UP are three.
  const auto found = last_news_.find(event.peer());
  const bool repeats =
      found != last_news_.end() && found->second->event.kind() == event.kind();
  return repeats ? found->second : nullptr;
}

void EventQueue::Push(Event event, uint64_t after) {
  if (Waiting* const waiting = Same(event)) {
    Event& same = waiting->event;
    same.set_count(same.count() + event.count());
    same.set_bytes(same.bytes() + event.bytes());
    same.set_dropped(same.dropped() + event.dropped());
    same.set_folded(same.folded() + 1);
    *same.mutable_incarnation() = event.incarnation();
    // The place in the line stays that of the first, or an event that keeps
    // coming would never be read.
    // The latest says how it is now.
    same.set_address(event.address());
    same.set_detail(event.detail());
    return;
  }
  // A count that is lost can be read in the stats; that a life ended cannot.
  if (news_.size() + counts_.size() >= kMaxEvents) {
    TakeFirst(counts_.empty() ? &news_ : &counts_);
    ++missed_;
    ++missed_unsaid_;
  }
  event.set_folded(1);
  const bool counts = Counts(event);
  Line& line = counts ? counts_ : news_;
  line.push_back({std::move(event), after, ++pushed_});
  // Good until it is taken: a deque moves no element when others come and go at
  // its ends.
  Waiting* const waiting = &line.back();
  if (counts) {
    waiting_counts_[SubjectOf(waiting->event)] = waiting;
  } else {
    last_news_[waiting->event.peer()] = waiting;
  }
}

EventQueue::Waiting EventQueue::TakeFirst(Line* line) {
  Waiting* const first = &line->front();
  if (line == &counts_) {
    waiting_counts_.erase(SubjectOf(first->event));
  } else if (const auto last = last_news_.find(first->event.peer());
             last->second == first) {
    last_news_.erase(last);
  }
  Waiting taken = std::move(*first);
  line->pop_front();
  return taken;
}

const EventQueue::Line& EventQueue::Older() const {
  RAFT_ASSERT(!empty());
  if (news_.empty()) return counts_;
  if (counts_.empty()) return news_;
  return news_.front().number < counts_.front().number ? news_ : counts_;
}

bool EventQueue::Pop(Event* event) {
  if (empty()) return false;
  *event = TakeFirst(&Older() == &news_ ? &news_ : &counts_).event;
  event->set_missed(missed_unsaid_);
  missed_unsaid_ = 0;
  return true;
}

uint64_t EventQueue::first_after() const { return Older().front().after; }

}  // namespace raft_cluster::internal
