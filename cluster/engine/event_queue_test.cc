// Pushes events of several peers and kinds, and looks at what comes out.
#include "raft/cluster/engine/event_queue.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

Event Make(Event::Kind kind, Pid peer,
           Refusal::Reason refusal = Refusal::REASON_UNSPECIFIED) {
  Event event;
  event.set_kind(kind);
  event.set_peer(peer);
  event.set_refusal(refusal);
  event.set_count(1);
  event.set_bytes(10);
  return event;
}

std::vector<Event> All(EventQueue& queue) {
  std::vector<Event> events;
  for (Event event; queue.Pop(&event);) events.push_back(event);
  return events;
}

TEST(EventQueueTest, HandsOutInTheOrderOfArrivalWhateverTheKind) {
  EventQueue queue;
  queue.Push(Make(Event::PEER_UP, 2), 0);
  queue.Push(Make(Event::ENVELOPES_SKIPPED, 3), 5);
  queue.Push(Make(Event::PEER_LEFT, 2), 7);
  EXPECT_EQ(queue.first_after(), 0u);
  Event event;
  ASSERT_TRUE(queue.Pop(&event));
  EXPECT_EQ(event.kind(), Event::PEER_UP);
  EXPECT_EQ(queue.first_after(), 5u);
  ASSERT_TRUE(queue.Pop(&event));
  EXPECT_EQ(event.kind(), Event::ENVELOPES_SKIPPED);
  EXPECT_EQ(queue.first_after(), 7u);
  ASSERT_TRUE(queue.Pop(&event));
  EXPECT_EQ(event.kind(), Event::PEER_LEFT);
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.Pop(&event));
}

TEST(EventQueueTest, FoldsNewsOnlyIntoTheLastOfItsPeer) {
  EventQueue queue;
  queue.Push(Make(Event::PEER_UP, 2), 0);
  queue.Push(Make(Event::PEER_UP, 3), 0);
  queue.Push(Make(Event::PEER_UP, 2), 0);
  queue.Push(Make(Event::PEER_SILENT, 2), 0);
  queue.Push(Make(Event::PEER_UP, 2), 0);
  const std::vector<Event> events = All(queue);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].folded(), 2u);
  EXPECT_EQ(events[0].count(), 2u);
  EXPECT_EQ(events[0].bytes(), 20u);
  EXPECT_EQ(events[1].peer(), 3);
  EXPECT_EQ(events[2].kind(), Event::PEER_SILENT);
  EXPECT_EQ(events[3].kind(), Event::PEER_UP);
  EXPECT_EQ(events[3].folded(), 1u);
}

TEST(EventQueueTest, FoldsCountsOfOneReasonWhateverCameBetween) {
  EventQueue queue;
  for (int i = 0; i < 3; ++i) {
    queue.Push(Make(Event::FRAME_REFUSED, 2, Refusal::STALE), 0);
    queue.Push(Make(Event::FRAME_REFUSED, 2, Refusal::MALFORMED), 0);
    queue.Push(Make(Event::ENVELOPES_SKIPPED, 2), 0);
    queue.Push(Make(i % 2 == 0 ? Event::PEER_UP : Event::PEER_SLOW, 2), 0);
  }
  const std::vector<Event> events = All(queue);
  ASSERT_EQ(events.size(), 6u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(events[i].folded(), 3u);
  for (int i = 3; i < 6; ++i) EXPECT_EQ(events[i].folded(), 1u);
}

TEST(EventQueueTest, FoldsIntoNoneThatWasFetched) {
  EventQueue queue;
  queue.Push(Make(Event::ENVELOPES_SKIPPED, 2), 0);
  queue.Push(Make(Event::PEER_UP, 2), 0);
  EXPECT_EQ(All(queue).size(), 2u);
  queue.Push(Make(Event::ENVELOPES_SKIPPED, 2), 0);
  queue.Push(Make(Event::PEER_UP, 2), 0);
  const std::vector<Event> events = All(queue);
  ASSERT_EQ(events.size(), 2u);
  for (const Event& event : events) EXPECT_EQ(event.folded(), 1u);
}

// More absent peers than there is room for, and somebody who restarted.
TEST(EventQueueTest, DiscardsCountsBeforeNews) {
  EventQueue queue;
  queue.Push(Make(Event::PEER_RESTARTED, 2), 0);
  constexpr int kAbsent = 3000;
  for (Pid peer = 3; peer < 3 + kAbsent; ++peer) {
    queue.Push(Make(Event::ENVELOPES_SKIPPED, peer), 0);
  }
  const uint64_t missed = kAbsent + 1 - EventQueue::kMaxEvents;
  EXPECT_EQ(queue.missed(), missed);
  const std::vector<Event> events = All(queue);
  ASSERT_EQ(events.size(), EventQueue::kMaxEvents);
  EXPECT_EQ(events[0].kind(), Event::PEER_RESTARTED);
  EXPECT_EQ(events[0].missed(), missed);
  EXPECT_EQ(events[1].missed(), 0u);
  EXPECT_EQ(events.back().peer(), 2 + kAbsent) << "the oldest are missed";
}

TEST(EventQueueTest, DiscardsTheOldestNewsWhereThereIsNothingElse) {
  EventQueue queue;
  for (Pid peer = 1; peer <= 1025; ++peer) {
    queue.Push(Make(Event::PEER_UP, peer), 0);
  }
  queue.Push(Make(Event::PEER_UP, 1), 0);  // Its first one is gone.
  EXPECT_EQ(queue.missed(), 2u);
  const std::vector<Event> events = All(queue);
  EXPECT_EQ(events.front().peer(), 3);
  EXPECT_EQ(events.back().peer(), 1);
  EXPECT_EQ(events.back().folded(), 1u);
}

}  // namespace
}  // namespace raft_cluster::internal
