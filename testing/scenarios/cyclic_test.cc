// A ring: 1 sends to 2, 2 to 3, and the last to 1.

#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr int kServers = 5;

Pid Next(Pid pid) { return pid % kServers + 1; }

class Cyclic : public ClusterTest {};

TEST_P(Cyclic, AnEnvelopeGoesRoundAndRound) {
  constexpr int kRounds = 200;
  RecordedCluster& cluster = NewCluster(kServers);
  Pid at = 1;
  for (int hop = 0; hop < kRounds * kServers; ++hop) {
    ASSERT_THAT(cluster.Send(at, Next(at), 100, kPatience), IsOk());
    const auto received = cluster.Receive(Next(at), kPatience);
    ASSERT_THAT(received, IsOk());
    ASSERT_EQ(received->from(), at);
    at = Next(at);
  }
  EXPECT_EQ(at, 1);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Cyclic, AllSendToTheirSuccessorsAtTheSameTime) {
  constexpr int kSends = 5000;
  RecordedCluster& cluster = NewCluster(kServers);
  cluster.CollectAll();
  std::vector<std::thread> senders;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    senders.emplace_back([&cluster, pid] {
      RecordedSender sender = cluster.NewSender(pid);
      for (int i = 0; i < kSends; ++i) {
        ASSERT_THAT(sender.Send(Next(pid), 100, kPatience), IsOk());
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  for (Pid pid = 1; pid <= kServers; ++pid) {
    EXPECT_EQ(StatsOf(cluster[Next(pid)], pid).received(), kSends) << pid;
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, Cyclic, AllSchemesAndFaults(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
