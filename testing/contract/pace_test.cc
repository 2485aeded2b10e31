// A sender that can wait does not run ahead of a peer that is live, however
// large its budget is; and never waits for one that is not.

#include <algorithm>
#include <atomic>
#include <future>  // NOLINT(build/c++11)
#include <string>
#include <thread>  // NOLINT(build/c++11)

#include "absl/time/clock.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr uint64_t kAhead = 5 * kMiB;  // The most that Send() leaves queued.
constexpr size_t kBytes = size_t{16} << 10;

class PaceTest : public ClusterTest {
 protected:
  // In which no machine, however busy, makes a peer look dead.
  static LocalCluster::Setup Patient() {
    Options options;
    options.failure_timeout = kPatience / 2;
    return With(options);
  }
  // Sends until it is `done` or something else is said than OK.
  static std::future<absl::Status> SendOn(RecordedCluster& cluster, Pid to,
                                          const std::atomic<bool>& done) {
    return std::async(std::launch::async,
                      [&done, to, sender = cluster.NewSender(1)]() mutable {
                        absl::Status status;
                        while (!done && status.ok()) {
                          status = sender.Send(to, kBytes, kPatience).status();
                        }
                        return status;
                      });
  }
};

TEST_P(PaceTest, AFastSenderLeavesLittleQueued) {
  RecordedCluster& cluster = NewCluster(2, Patient());
  cluster.Collect(2);
  std::atomic<bool> done{false};
  auto one = SendOn(cluster, 2, done);
  auto another = SendOn(cluster, kBroadcast, done);
  uint64_t most = 0;
  EXPECT_TRUE(Eventually([&] {
    const PeerStats stats = StatsOf(cluster[1], 2);
    most = std::max(most, stats.queued_bytes());
    return stats.ledger().taken() > 64 * kMiB / kBytes;
  }));
  done = true;
  EXPECT_THAT(one.get(), IsOk());
  EXPECT_THAT(another.get(), IsOk());
  EXPECT_LE(most, kAhead);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(PaceTest, OfAPeerThatTakesNothingEndsWithTheTimeout) {
  RecordedCluster& cluster = NewCluster(2, Patient());
  absl::Status status;
  while (status.ok()) {
    status = cluster.Send(1, 2, kBytes, absl::Milliseconds(100)).status();
  }
  EXPECT_THAT(status, HasCodeAndText(absl::StatusCode::kDeadlineExceeded,
                                     "server 2 has not taken"));
  EXPECT_LE(StatsOf(cluster[1], 2).queued_bytes(), kAhead);
  EXPECT_THAT(cluster.TrySend(1, 2, kBytes), IsOk());
  EXPECT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::SLOW; }));
  cluster.Collect(2);
  EXPECT_THAT(cluster.Send(1, 2, kBytes, kPatience), IsOk());
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(PaceTest, LetsTheLargestEnvelopesGo) {
  RecordedCluster& cluster = NewCluster(2);
  cluster.Collect(2);
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(cluster.Send(1, 2, 16 * kMiB, kPatience), IsOk());
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(PaceTest, ASendThatWaitsGoesOnIntoTheQueueOfAPeerThatDies) {
  Options options;
  options.failure_timeout = kShortFailureTimeout;
  RecordedCluster& cluster = NewCluster(2, With(options));
  std::atomic<bool> done{false};
  auto sends = SendOn(cluster, 2, done);
  EXPECT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::SLOW; }));
  ASSERT_THAT(cluster.Crash(2), IsOk());
  EXPECT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).queued_bytes() > 2 * kAhead; }));
  done = true;
  // By now the queue may be full, which is what it waits for then.
  ASSERT_THAT(cluster.Start(2), IsOk());
  cluster.Collect(2);
  EXPECT_THAT(sends.get(), IsOk());
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(PaceTest, AnAbsentPeerStopsNoBroadcast) {
  LocalCluster::Setup setup = With(Options());
  setup.late = {3};
  RecordedCluster& cluster = NewCluster(3, setup);
  cluster.Collect(2);
  for (size_t sent = 0; sent < 2 * kAhead; sent += kBytes) {
    ASSERT_THAT(cluster.Send(1, kBroadcast, kBytes, kPatience), IsOk());
  }
  EXPECT_GT(StatsOf(cluster[1], 3).queued_bytes(), 2 * kAhead);
  ASSERT_THAT(cluster.Start(3), IsOk());
  cluster.Collect(3);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Schemes, PaceTest, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
