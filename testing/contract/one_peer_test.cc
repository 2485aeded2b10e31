// One peer never delays another, whatever is the matter with it.

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <future>  // NOLINT(build/c++11)
#include <string>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ContainsRegex;

constexpr int kEnvelopes = 2000;  // Far more than a small budget holds.
constexpr size_t kBytes = 1000;

// Server 3 is the one that something is the matter with; server 2 collects.
class OnePeer : public ClusterTest {
 protected:
  RecordedCluster& NewClusterWithoutThree() {
    LocalCluster::Setup setup = With(SmallBudgets());
    setup.late = {3};
    RecordedCluster& cluster = NewCluster(3, setup);
    cluster.Collect(2);
    return cluster;
  }
  RecordedCluster& NewClusterOfThree() {
    RecordedCluster& cluster = NewCluster(3, With(SmallBudgets()));
    cluster.Collect(2);
    return cluster;
  }
  static void Fill(RecordedCluster& cluster, Pid to) {
    while (cluster.TrySend(1, to, kBytes).ok()) {
    }
  }
  static bool TakenBy(RecordedCluster& cluster, Pid pid, uint64_t count) {
    return Eventually(
        [&] { return LedgerOf(cluster[1], pid).taken() >= count; });
  }

  // Sends kEnvelopes broadcasts, which all but server 3 must take; returns by
  // how many it was skipped. Faults may silence anybody for a while, and cost
  // server 2 some, too.
  uint64_t Broadcast(RecordedCluster& cluster) {
    uint64_t skipped = 0;
    for (int i = 0; i < kEnvelopes; ++i) {
      const auto receipt = cluster.Send(1, kBroadcast, kBytes, kPatience);
      EXPECT_THAT(receipt, IsOk());
      if (receipt.ok()) skipped += static_cast<uint64_t>(receipt->skipped);
    }
    const uint64_t skipped_two = LedgerOf(cluster[1], 2).skipped();
    if (!has_faults()) {
      EXPECT_EQ(skipped_two, 0u);
    }
    EXPECT_TRUE(TakenBy(cluster, 2, kEnvelopes - skipped_two));
    EXPECT_EQ(LedgerOf(cluster[1], 3).skipped(), skipped - skipped_two);
    return skipped - skipped_two;
  }
};

TEST_P(OnePeer, ThatIsAbsentWithAFullQueueDelaysNoUnicast) {
  RecordedCluster& cluster = NewClusterWithoutThree();
  Fill(cluster, 3);
  for (int i = 0; i < kEnvelopes; ++i) {
    ASSERT_THAT(cluster.Send(1, 2, kBytes, kPatience), IsOk());
  }
  EXPECT_TRUE(TakenBy(cluster, 2, kEnvelopes));
}

TEST_P(OnePeer, ThatIsAbsentWithAFullQueueIsSkippedByBroadcasts) {
  RecordedCluster& cluster = NewClusterWithoutThree();
  Fill(cluster, 3);
  const Ledger full = LedgerOf(cluster[1], 3);
  for (int i = 0; i < kEnvelopes; ++i) {
    const auto receipt = cluster.Send(1, kBroadcast, kBytes, kPatience);
    ASSERT_THAT(receipt, IsOk());
    ASSERT_EQ(receipt->accepted, 1);
    ASSERT_EQ(receipt->skipped, 1);
  }
  EXPECT_TRUE(TakenBy(cluster, 2, kEnvelopes));
  EXPECT_EQ(LedgerOf(cluster[1], 3).skipped(), uint64_t{kEnvelopes});
  EXPECT_EQ(LedgerOf(cluster[1], 3).accepted(), full.accepted());
  // What was accepted for it is there when it comes, in its order.
  ASSERT_THAT(cluster.Start(3), IsOk());
  cluster.Collect(3);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  EXPECT_EQ(cluster[3].stats().received(), full.accepted());
}

TEST_P(OnePeer, ThatIsStoppedDelaysNoUnicast) {
  RecordedCluster& cluster = NewClusterOfThree();
  ASSERT_THAT(cluster.Pause(3), IsOk());
  Fill(cluster, 3);
  for (int i = 0; i < kEnvelopes; ++i) {
    ASSERT_THAT(cluster.Send(1, 2, kBytes, kPatience), IsOk());
  }
  EXPECT_TRUE(TakenBy(cluster, 2, kEnvelopes));
  ASSERT_THAT(cluster.Resume(3), IsOk());
  cluster.Collect(3);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(OnePeer, ThatIsStoppedHoldsBroadcastsUpUntilItIsSilentAndNoLonger) {
  RecordedCluster& cluster = NewClusterOfThree();
  ASSERT_THAT(cluster.Pause(3), IsOk());
  const uint64_t skipped = Broadcast(cluster);
  EXPECT_GT(skipped, 0u);
  EXPECT_EQ(StatsOf(cluster[1], 3).state(), PeerStats::SILENT);
  ASSERT_THAT(cluster.Resume(3), IsOk());
  cluster.Collect(3);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  EXPECT_EQ(LedgerOf(cluster[1], 3).taken() + skipped, uint64_t{kEnvelopes});
}

TEST_P(OnePeer, ThatHasCrashedIsSkippedOnceItsQueueIsFull) {
  RecordedCluster& cluster = NewClusterOfThree();
  ASSERT_THAT(cluster.Crash(3), IsOk());
  EXPECT_GT(Broadcast(cluster), 0u);
}

TEST_P(OnePeer, ThatIsLiveAndTakesNothingSetsThePaceOfBroadcasts) {
  RecordedCluster& cluster = NewClusterOfThree();
  Fill(cluster, 3);
  const absl::Status late =
      cluster.Send(1, kBroadcast, kBytes, absl::Milliseconds(50)).status();
  EXPECT_THAT(late, HasCode(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(std::string(late.message()), ContainsRegex("[Ss]erver 3\\b"));
  cluster.Collect(3);
  for (int i = 0; i < kEnvelopes; ++i) {
    const auto receipt = cluster.Send(1, kBroadcast, kBytes, kPatience);
    ASSERT_THAT(receipt, IsOk());
    ASSERT_EQ(receipt->accepted, 2);
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  EXPECT_EQ(LedgerOf(cluster[1], 3).skipped(), 0u);
}

TEST_P(OnePeer, ThatABroadcastWaitsForDelaysNoUnicastMeanwhile) {
  RecordedCluster& cluster = NewClusterOfThree();
  Fill(cluster, 3);
  RecordedSender broadcaster = cluster.NewSender(1);
  auto waits = std::async(std::launch::async, [&broadcaster] {
    return broadcaster.Send(kBroadcast, kBytes, kPatience);
  });
  for (int i = 0; i < kEnvelopes; ++i) {
    ASSERT_THAT(cluster.Send(1, 2, kBytes, kPatience), IsOk());
  }
  EXPECT_TRUE(TakenBy(cluster, 2, kEnvelopes));
  EXPECT_EQ(waits.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);
  cluster.Collect(3);
  EXPECT_THAT(waits.get(), IsOk());
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Schemes, OnePeer, AllSchemesAndFaults(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
