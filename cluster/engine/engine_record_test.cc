// What engines that meet in memory record, and what their account repeats of
// it.
#include <string>

#include "gtest/gtest.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

TEST(Recording, KeepsEventsThatWereFetched) {
  Engines engines(2);
  engines[1].OnReset(2, /*up=*/true, engines.now);
  engines.Pass(100000);
  EXPECT_EQ(Events(engines[1], Event::PEER_UP).size(), 1u);
  const Recording recording = engines[1].recorder().Read(engines.now);
  EXPECT_EQ(recording.pid(), 1);
  EXPECT_EQ(recording.url(), "test://1");
  ASSERT_EQ(recording.events_size(), 1);
  EXPECT_EQ(recording.events(0).event().kind(), Event::PEER_UP);
  EXPECT_EQ(recording.events(0).event().peer(), 2);
}

TEST(Recording, KeepsTheStatesOfPeersAndWhy) {
  Engines engines(2);
  engines.Pass(100000);
  engines.lose = [](Pid from, Pid) { return from == 2; };
  engines.Pass(3000000, /*step=*/10000);
  engines.lose = nullptr;
  engines.Pass(1000000);
  engines[2].Leave(engines.now);
  engines.Pass(100000);
  const Recording recording = engines[1].recorder().Read(engines.now);
  std::string said;
  for (const RecordedState& change : recording.states()) {
    EXPECT_EQ(change.peer(), 2);
    EXPECT_EQ(change.reason().empty(), change.state() == PeerStats::UP);
    said += PeerStats::State_Name(change.state()) + " ";
  }
  EXPECT_EQ(said, "UP SILENT UP DOWN ");
  EXPECT_EQ(recording.states(1).reason(), "not heard for 2s");
  EXPECT_GT(recording.states(1).monotonic_us(), 3000000u);
  EXPECT_EQ(recording.states(3).reason(), "left");
}

// The life starts at 100 us of the wall clock, when the other shows a second.
TEST(Recording, HasTheTimeOfBothClocks) {
  Engines engines(2);
  engines.Pass(50000);
  engines[1].OnTrouble(2, "no route", engines.now);
  const Recording recording = engines[1].recorder().Read(engines.now);
  const RecordedEvent& last = recording.events(recording.events_size() - 1);
  EXPECT_EQ(last.event().kind(), Event::PEER_UNREACHABLE);
  EXPECT_EQ(last.monotonic_us(), 1050000u);
  EXPECT_EQ(last.unix_us(), 50100u);
  EXPECT_EQ(recording.monotonic_us(), 1050000u);
  EXPECT_EQ(recording.unix_us(), 50100u);
}

TEST(Recording, IsRepeatedInPartByTheAccount) {
  Engines engines(2);
  for (int i = 0; i < 50; ++i) {
    engines[1].OnTrouble(2, "reason " + std::to_string(i), engines.now);
  }
  const Stats stats = engines[1].GetStats(engines.now);
  ASSERT_EQ(stats.last_events_size(), 20);
  EXPECT_EQ(stats.last_events(0).number(), 31u);
  EXPECT_EQ(stats.last_events(19).event().detail(), "reason 49");
}

TEST(Account, SaysWhatItsFiguresAreToBeMeasuredBy) {
  Engines engines(2);
  const Stats stats = engines[1].GetStats(engines.now);
  EXPECT_EQ(stats.link_budget_bytes(), 200000u);
  EXPECT_EQ(stats.inbox_budget_bytes(), 200000u);
  EXPECT_EQ(stats.failure_timeout_us(), 2000000u);
  EXPECT_TRUE(stats.balanced());
  EXPECT_FALSE(stats.closed());
  engines[1].Leave(engines.now);
  EXPECT_TRUE(engines[1].GetStats(engines.now).closed());
}

}  // namespace
}  // namespace raft_cluster::internal
