// Servers start in any order, and some of them late.

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr int kBroadcasts = 100;

class Availability : public ClusterTest {};

TEST_P(Availability, AServerThatStartsASecondLateGetsWhatWasBroadcastBefore) {
  LocalCluster::Setup setup;
  setup.late = {3};
  RecordedCluster& cluster = NewCluster(3, setup);
  for (int i = 0; i < kBroadcasts; ++i) {
    const auto receipt = cluster.Send(1, kBroadcast, 50, kPatience);
    ASSERT_THAT(receipt, IsOk());
    ASSERT_EQ(receipt->accepted, 2);
  }
  // Nobody sends to server 1: this is the second.
  ASSERT_THAT(cluster.Receive(1, absl::Seconds(1)),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  ASSERT_THAT(cluster.Start(3), IsOk());
  cluster.CollectAll();
  for (int i = 0; i < kBroadcasts; ++i) {
    ASSERT_THAT(cluster.Send(1, kBroadcast, 50, kPatience), IsOk());
  }
  ASSERT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  EXPECT_EQ(cluster[3].stats().received(), 2 * kBroadcasts);
}

TEST_P(Availability, WhatIsSentInTheInstantOfTheStartArrives) {
  for (bool receiver_first : {true, false}) {
    LocalCluster::Setup setup;
    setup.late = {1, 2};
    RecordedCluster& cluster = NewCluster(2, setup);
    const Pid first = receiver_first ? 2 : 1;
    ASSERT_THAT(cluster.Start(first), IsOk());
    if (first == 1) {
      ASSERT_THAT(cluster.TrySend(1, 2, 50), IsOk());
    }
    ASSERT_THAT(cluster.Start(3 - first), IsOk());
    if (first == 2) {
      ASSERT_THAT(cluster.TrySend(1, 2, 50), IsOk());
    }
    EXPECT_THAT(cluster.Receive(2, kPatience), IsOk());
    EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, Availability, AllSchemesAndKeys(),
                         SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
