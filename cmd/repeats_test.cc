// Events at times that the test sets.
#include "raft/cmd/repeats.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

Event Refused(int peer, int count) {
  Event event;
  event.set_kind(Event::FRAME_REFUSED);
  event.set_refusal(Refusal::UNKNOWN_PID);
  event.set_peer(peer);
  event.set_count(static_cast<uint64_t>(count));
  event.set_folded(static_cast<uint32_t>(count));
  return event;
}

TEST(Repeats, LetEveryChangeOfAStateThrough) {
  Repeats repeats;
  for (int i = 0; i < 3; ++i) {
    for (const Event::Kind kind :
         {Event::PEER_UP, Event::PEER_SILENT, Event::PEER_RESTARTED,
          Event::PEER_LEFT, Event::SUPERSEDED}) {
      Event event;
      event.set_kind(kind);
      event.set_peer(2);
      EXPECT_EQ(repeats.Add(event, kStart).size(), 1u);
    }
  }
  EXPECT_EQ(repeats.next_due(), absl::InfiniteFuture());
}

// One call a second for an hour.
TEST(Repeats, MakeALineNowAndThenOfWhatComesEverySecond) {
  Repeats repeats;
  size_t lines = 0;
  uint64_t counted = 0;
  const auto say = [&](const std::vector<Event>& events) {
    lines += events.size();
    for (const Event& event : events) counted += event.count();
  };
  for (int second = 0; second < 3600; ++second) {
    const absl::Time now = kStart + absl::Seconds(second);
    say(repeats.Add(Refused(3, 1), now));
    say(repeats.Due(now));
    EXPECT_GE(lines, second < 2 ? 1u : 2u);
  }
  say(repeats.TakeAll());
  EXPECT_EQ(counted, 3600u);
  EXPECT_LT(lines, 25u);
}

TEST(Repeats, TellSeriesApart) {
  Repeats repeats;
  EXPECT_EQ(repeats.Add(Refused(3, 1), kStart).size(), 1u);
  EXPECT_EQ(repeats.Add(Refused(4, 1), kStart).size(), 1u);
  Event other = Refused(3, 1);
  other.set_refusal(Refusal::STALE);
  EXPECT_EQ(repeats.Add(other, kStart).size(), 1u);
  EXPECT_EQ(repeats.Add(Refused(4, 5), kStart).size(), 0u);
  EXPECT_EQ(repeats.next_due(), kStart + absl::Seconds(2));
  const auto due = repeats.Due(repeats.next_due());
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].count(), 5u);
  EXPECT_EQ(due[0].peer(), 4);
}

TEST(Repeats, TakeWhatComesAfterALullForNews) {
  Repeats repeats;
  EXPECT_EQ(repeats.Add(Refused(3, 1), kStart).size(), 1u);
  EXPECT_TRUE(repeats.Due(kStart + absl::Seconds(2)).empty());
  EXPECT_EQ(repeats.next_due(), absl::InfiniteFuture());
  EXPECT_EQ(repeats.Add(Refused(3, 1), kStart + absl::Seconds(3)).size(), 1u);
}

TEST(Repeats, RememberOnlySoMany) {
  Repeats repeats;
  for (int peer = 1; peer <= 1000; ++peer) {
    EXPECT_EQ(repeats.Add(Refused(peer, 1), kStart).size(), 1u);
  }
  // Those beyond are said each time, rather than never.
  EXPECT_EQ(repeats.Add(Refused(1, 1), kStart).size(), 0u);
  EXPECT_EQ(repeats.Add(Refused(1000, 1), kStart).size(), 1u);
}

}  // namespace
}  // namespace raft_cluster::internal
