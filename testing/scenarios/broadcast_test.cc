// Five servers that do nothing but broadcast, all at the same time.

#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr int kServers = 5;
constexpr int kBroadcasts = 2000;

class Broadcast : public ClusterTest {};

TEST_P(Broadcast, EveryPeerTakesEveryOneInOrder) {
  RecordedCluster& cluster = NewCluster(kServers);
  cluster.CollectAll();
  std::vector<std::thread> senders;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    senders.emplace_back([&cluster, pid] {
      RecordedSender sender = cluster.NewSender(pid);
      for (int i = 0; i < kBroadcasts; ++i) {
        const auto receipt = sender.Send(kBroadcast, 50, kPatience);
        ASSERT_THAT(receipt, IsOk());
        ASSERT_EQ(receipt->accepted, kServers - 1);
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  for (Pid pid = 1; pid <= kServers; ++pid) {
    const Stats stats = cluster[pid].stats();
    EXPECT_EQ(stats.sent(), (kServers - 1) * kBroadcasts) << pid;
    EXPECT_EQ(stats.received(), (kServers - 1) * kBroadcasts) << pid;
  }
}

TEST_P(Broadcast, ComesAsABroadcastAndNeverBackToItsSender) {
  RecordedCluster& cluster = NewCluster(3);
  ASSERT_THAT(cluster.Send(1, kBroadcast, 50, kPatience), IsOk());
  for (Pid pid : {2, 3}) {
    const auto received = cluster.Receive(pid, kPatience);
    ASSERT_THAT(received, IsOk());
    EXPECT_EQ(received->from(), 1);
    EXPECT_EQ(received->to(), kBroadcast);
  }
  ASSERT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(1, absl::Milliseconds(50)),
              HasCode(absl::StatusCode::kDeadlineExceeded));
}

INSTANTIATE_TEST_SUITE_P(Schemes, Broadcast, AllSchemesAndFaults(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
