// Every queue has a bound; at the bound the outbox refuses or waits, and says
// whose queue it is.

#include <malloc.h>

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <future>  // NOLINT(build/c++11)
#include <random>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/time/clock.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ContainsRegex;
using ::testing::Not;

constexpr size_t kBudget = size_t{128} << 10;  // Of SmallBudgets().
constexpr size_t kBytes = 1024 - kEnvelopeCost;
constexpr int kFit = kBudget / 1024;

// Servers 2 and 3 are not there.
LocalCluster::Setup Alone() {
  LocalCluster::Setup setup = With(SmallBudgets());
  setup.late = {2, 3};
  return setup;
}

class Bounds : public ClusterTest {
 protected:
  // Sends until it is refused; returns how often it was not.
  static int Fill(RecordedCluster& cluster, Pid to) {
    int accepted = 0;
    while (cluster.TrySend(1, to, kBytes).ok()) ++accepted;
    return accepted;
  }
};

TEST_P(Bounds, AFullQueueRefusesAndNamesItsPeer) {
  RecordedCluster& cluster = NewCluster(3, Alone());
  EXPECT_EQ(Fill(cluster, 2), kFit);
  const absl::Status full = cluster.TrySend(1, 2, kBytes).status();
  EXPECT_THAT(full, HasCode(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(std::string(full.message()), ContainsRegex("[Ss]erver 2\\b"));
  EXPECT_EQ(LedgerOf(cluster[1], 2).refused(), 2u);
  // It is the queue of server 2 only.
  EXPECT_THAT(cluster.TrySend(1, 3, kBytes), IsOk());
}

TEST_P(Bounds, SendWaitsForItsTimeoutAndThenNamesThePeer) {
  RecordedCluster& cluster = NewCluster(3, Alone());
  Fill(cluster, 2);
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status late =
      cluster.Send(1, 2, kBytes, absl::Milliseconds(100)).status();
  EXPECT_GE(std::chrono::steady_clock::now() - begin,
            std::chrono::milliseconds(100));
  EXPECT_THAT(late, HasCode(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(std::string(late.message()), ContainsRegex("[Ss]erver 2\\b"));
}

TEST_P(Bounds, SendGoesOnAsSoonAsThereIsRoom) {
  RecordedCluster& cluster = NewCluster(2, With(SmallBudgets()));
  Fill(cluster, 2);
  auto waits = std::async(std::launch::async, [&] {
    return cluster.Send(1, 2, kBytes, absl::InfiniteDuration());
  });
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(50)),
            std::future_status::timeout);
  cluster.Collect(2);
  EXPECT_THAT(waits.get(), IsOk());
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Bounds, AnEmptyQueueTakesTheLargestEnvelope) {
  RecordedCluster& cluster = NewCluster(3, Alone());
  EXPECT_THAT(cluster.TrySend(1, 2, SmallBudgets().max_envelope_bytes), IsOk());
}

TEST_P(Bounds, WhatIsHeldForAnAbsentPeerStaysWithinItsBudget) {
  RecordedCluster& cluster = NewCluster(3, Alone());
  std::mt19937_64 dice(/*seed=*/1);
  uint64_t most = 0;
  for (int i = 0; i < 5000; ++i) {
    (void)cluster.TrySend(1, 2, dice() % 3000);
    if (i % 100 == 0) {
      most = std::max(most, StatsOf(cluster[1], 2).queued_bytes());
    }
  }
  EXPECT_LE(most, kBudget);
  EXPECT_GT(most, kBudget / 2);
}

TEST_P(Bounds, ALivePeerThatTakesNothingHoldsNoMoreThanItsWindow) {
  Options options = SmallBudgets();
  options.link_budget_bytes = 4 * kBudget;
  RecordedCluster& cluster = NewCluster(2, With(options));
  EXPECT_EQ(Fill(cluster, 2), 4 * kFit);
  EXPECT_TRUE(Eventually([&] {
    return StatsOf(cluster[1], 2).state() == PeerStats::SLOW &&
           StatsOf(cluster[2], 1).received() == kFit;
  })) << cluster[1].stats().DebugString();
  EXPECT_LE(StatsOf(cluster[2], 1).inbox_bytes(), kBudget);
  EXPECT_LE(StatsOf(cluster[1], 2).queued_bytes(), 4 * kBudget);
  cluster.Collect(2);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  EXPECT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::UP; }));
}

// Budgets are per link, at the receiver too: who has used up his own has not
// used up anybody else's.
TEST_P(Bounds, AFlooderLeavesTheOthersTheirRoom) {
  RecordedCluster& cluster = NewCluster(3, With(SmallBudgets()));
  RecordedSender flooder = cluster.NewSender(2);
  while (flooder.TrySend(1, kBytes).ok()) {
  }
  ASSERT_TRUE(Eventually(
      [&] { return StatsOf(cluster[2], 1).state() == PeerStats::SLOW; }));
  RecordedSender other = cluster.NewSender(3);
  for (int i = 0; i < kFit; ++i) {
    ASSERT_THAT(other.TrySend(1, kBytes), IsOk());
  }
  EXPECT_TRUE(
      Eventually([&] { return StatsOf(cluster[1], 3).received() == kFit; }));
  cluster.Collect(1);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

// How often a thread that slept for a millisecond was kept from going on for
// so long that servers beside it may have been called silent.
int RestAndCountHiccups(absl::Duration duration) {
  constexpr absl::Duration kHiccup = absl::Milliseconds(100);
  int hiccups = 0;
  const absl::Time end = absl::Now() + duration;
  for (absl::Time last = absl::Now(); last < end;) {
    absl::SleepFor(absl::Milliseconds(1));
    const absl::Time now = absl::Now();
    if (now - last > kHiccup) ++hiccups;
    last = now;
  }
  return hiccups;
}

// So often was a peer called silent, or its connection made anew.
int CountTroubles(Server& server) {
  int troubles = 0;
  for (;;) {
    const auto event = server.NextEvent(absl::ZeroDuration());
    if (!event.ok()) return troubles;
    if (event->kind() == Event::PEER_SILENT ||
        event->kind() == Event::PEER_RECONNECTED) {
      troubles += static_cast<int>(event->folded());
    }
  }
}

// Slow is not dead: beyond the failure timeout nothing is given up.
TEST_P(Bounds, APeerThatTakesNothingIsSlowAndNeverSilent) {
  Options options = SmallBudgets();
  options.failure_timeout = kShortFailureTimeout;
  RecordedCluster& cluster = NewCluster(2, With(options));
  Fill(cluster, 2);
  ASSERT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::SLOW; }));
  PeerStats stats;
  EXPECT_FALSE(Eventually(
      [&] {
        stats = StatsOf(cluster[1], 2);
        return stats.state() != PeerStats::SLOW;
      },
      2 * kShortFailureTimeout))
      << stats.DebugString();
  EXPECT_EQ(StatsOf(cluster[1], 2).reconnects(), 0u);
  EXPECT_EQ(StatsOf(cluster[2], 1).reconnects(), 0u);
  cluster.Collect(2);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

// Slow is not dead, however long: both send all the time, one of them is never
// read. Only a machine that stands still may make somebody look dead, and not
// more often than it does.
TEST_P(Bounds, APeerThatIsSentToAndTakesNothingForTenTimeoutsIsSlow) {
  Options options = SmallBudgets();
  options.failure_timeout = kShortFailureTimeout;
  RecordedCluster& cluster = NewCluster(2, With(options));
  cluster.Collect(1);
  std::atomic<bool> done{false};
  std::vector<std::thread> senders;
  for (Pid pid : {1, 2}) {
    senders.emplace_back([&, pid, sender = cluster.NewSender(pid)]() mutable {
      while (!done) {
        ASSERT_THAT(sender.Send(3 - pid, kBytes, 2 * kPatience), IsOk());
      }
    });
  }
  const auto is_slow = [&] {
    return StatsOf(cluster[1], 2).state() == PeerStats::SLOW;
  };
  EXPECT_TRUE(Eventually(is_slow));
  const uint64_t back = LedgerOf(cluster[2], 1).taken();
  CountTroubles(cluster[1]);
  CountTroubles(cluster[2]);
  const int hiccups = RestAndCountHiccups(10 * kShortFailureTimeout);
  EXPECT_LE(CountTroubles(cluster[1]), hiccups);
  EXPECT_LE(CountTroubles(cluster[2]), hiccups);
  EXPECT_TRUE(Eventually(is_slow));
  EXPECT_GT(LedgerOf(cluster[2], 1).taken(), back);
  cluster.Collect(2);
  done = true;
  for (std::thread& sender : senders) sender.join();
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Bounds, ARefusedBroadcastIsQueuedForNobody) {
  RecordedCluster& cluster = NewCluster(3, With(SmallBudgets()));
  cluster.Collect(3);
  Fill(cluster, 2);
  const uint64_t before = LedgerOf(cluster[1], 3).accepted();
  const absl::Status full = cluster.TrySend(1, kBroadcast, kBytes).status();
  EXPECT_THAT(full, HasCode(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(std::string(full.message()), ContainsRegex("[Ss]erver 2\\b"));
  EXPECT_THAT(std::string(full.message()),
              Not(ContainsRegex("[Ss]erver.* 3\\b")));
  EXPECT_THAT(cluster.Send(1, kBroadcast, kBytes, absl::Milliseconds(50)),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(LedgerOf(cluster[1], 3).accepted(), before);
  EXPECT_EQ(LedgerOf(cluster[1], 3).refused(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Bounds, AllSchemes(), SchemeName);

// The heap's own account; a checking allocator has none.
size_t HeapInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(Memory, AFullQueueOfTheSmallestEnvelopesTakesItsBudgetAndAMebibyte) {
  Options options;
  options.max_envelope_bytes = size_t{1} << 20;
  options.link_budget_bytes = size_t{16} << 20;
  LocalCluster::Setup setup = With(options);
  setup.late = {2};
  LocalCluster cluster(2, "loopback", setup);
  ASSERT_THAT(cluster.status(), IsOk());
  const size_t before = HeapInUse();
  if (before == 0) GTEST_SKIP() << "this allocator counts nothing";
  size_t accepted = 0;
  while (cluster[1].outbox().TrySend(2, "x").ok()) ++accepted;
  const size_t budget = options.link_budget_bytes;
  EXPECT_EQ(accepted, budget / (1 + kEnvelopeCost));
  EXPECT_LE(HeapInUse() - before, budget + (size_t{1} << 20));
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

// Small and large ones, for 39 that are away.
TEST(Memory, ABroadcastIsStoredOnceForAll) {
  Options options;
  options.max_envelope_bytes = size_t{1} << 20;
  options.link_budget_bytes = size_t{16} << 20;
  LocalCluster::Setup setup = With(options);
  for (Pid pid = 2; pid <= 40; ++pid) setup.late.insert(pid);
  LocalCluster cluster(40, "loopback", setup);
  ASSERT_THAT(cluster.status(), IsOk());
  const size_t before = HeapInUse();
  if (before == 0) GTEST_SKIP() << "this allocator counts nothing";
  const std::string small(1000, 's');
  const std::string large(100000, 'l');
  for (int i = 0; i < 300; ++i) {
    for (int j = 0; j < 100; ++j) {
      ASSERT_THAT(cluster[1].outbox().TrySend(kBroadcast, small).status(),
                  IsOk());
    }
    ASSERT_THAT(cluster[1].outbox().TrySend(kBroadcast, large).status(),
                IsOk());
  }
  EXPECT_GT(LedgerOf(cluster[1], 40).skipped(), 0u) << "their queues are full";
  EXPECT_LE(HeapInUse() - before,
            options.link_budget_bytes + (size_t{4} << 20));
  EXPECT_LE(cluster[1].stats().total_bytes(), options.link_budget_bytes);
}

}  // namespace
}  // namespace raft_cluster::internal
