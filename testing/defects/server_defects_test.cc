// What the program with which the project began did wrong as a server; each
// once, in the order in which it hurt. Those of its configuration are in
// config_defects_test.cc.

#include <limits>
#include <string>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

class Defect : public ClusterTest {};

TEST_P(Defect, TheListenerClosedForGoodAfterTwoSecondsOfSilence) {
  RecordedCluster& cluster = NewCluster(2);
  ASSERT_THAT(cluster.Receive(2, absl::Milliseconds(2200)),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  ASSERT_THAT(cluster.Send(1, 2, 50, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(2, kPatience), IsOk());
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Defect, OneDeadPeerStalledAllOthersInABlockingSend) {
  LocalCluster::Setup setup = With(SmallBudgets());
  setup.late = {2};
  RecordedCluster& cluster = NewCluster(3, setup);
  cluster.Collect(3);
  // Its queue is full after some hundred of these.
  for (int i = 0; i < 1000; ++i) {
    ASSERT_THAT(cluster.Send(1, kBroadcast, 1000, kPatience), IsOk());
    ASSERT_THAT(cluster.Send(1, 3, 1000, kPatience), IsOk());
  }
  EXPECT_TRUE(Eventually([&] {
    return LedgerOf(cluster[1], 3).taken() == 2000;
  })) << cluster[1].stats().DebugString();
  EXPECT_GT(LedgerOf(cluster[1], 2).skipped(), 0u);
}

TEST_P(Defect, AnUnknownPidWasAnIndexOfMinusOne) {
  RecordedCluster& cluster = NewCluster(2);
  for (Pid nobody : {3, 0, -2, 1000000, std::numeric_limits<Pid>::min(),
                     std::numeric_limits<Pid>::max()}) {
    EXPECT_THAT(
        cluster.TrySend(1, nobody, 50),
        HasCodeAndText(absl::StatusCode::kNotFound, std::to_string(nobody)));
    EXPECT_THAT(cluster.Send(1, nobody, 50, kPatience),
                HasCode(absl::StatusCode::kNotFound));
  }
  EXPECT_EQ(LedgerOf(cluster[1], 2).offered(), 0u);
  ASSERT_THAT(cluster.Send(1, 2, 50, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(2, kPatience), IsOk());
}

TEST_P(Defect, TheCountersLivedInCopiesAndStayedZero) {
  RecordedCluster& cluster = NewCluster(3);
  ASSERT_THAT(cluster.Send(1, 2, 50, kPatience), IsOk());
  ASSERT_THAT(cluster.Send(1, kBroadcast, 50, kPatience), IsOk());
  for (Pid pid : {2, 2, 3})
    ASSERT_THAT(cluster.Receive(pid, kPatience), IsOk());
  EXPECT_EQ(cluster[1].stats().sent(), 3u);
  EXPECT_EQ(cluster[1].stats().received(), 0u);
  EXPECT_EQ(cluster[2].stats().sent(), 0u);
  EXPECT_EQ(cluster[2].stats().received(), 2u);
  EXPECT_EQ(cluster[3].stats().received(), 1u);
}

TEST_P(Defect, FromWasWhateverTheCallerWrote) {
  RecordedCluster& cluster = NewCluster(3);
  for (Pid sender : {1, 2}) {
    ASSERT_THAT(cluster.Send(sender, 3, 50, kPatience), IsOk());
    const auto received = cluster.Receive(3, kPatience);
    ASSERT_THAT(received, IsOk());
    EXPECT_EQ(received->from(), sender);
    EXPECT_EQ(received->ToProto().from(), sender);
    EXPECT_EQ(received->ToProto().to(), 3);
  }
}

// A ZeroMQ socket holds 1,000 messages back; an inbox holds its budget.
TEST_P(Defect, AnUnbufferedInboxMadeTheHighWaterMarkTheBackPressure) {
  constexpr int kEnvelopes = 20000;
  RecordedCluster& cluster = NewCluster(2);
  for (int i = 0; i < kEnvelopes; ++i) {
    ASSERT_THAT(cluster.TrySend(1, 2, 20), IsOk());
  }
  EXPECT_TRUE(Eventually([&] {
    return cluster[2].stats().received() == kEnvelopes;
  })) << cluster[2].stats().DebugString();
  cluster.Collect(2);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Defect, AFailedBindWasIgnored) {
  // A second life on the same url and the same network.
  LocalCluster::Setup setup;
  RecordedCluster& cluster = NewCluster(2, setup);
  Options options;
  options.transports = setup.transports;
  const auto second = Server::Start(cluster.local().config(), 2, options);
  EXPECT_THAT(second,
              HasCodeAndText(absl::StatusCode::kUnavailable, cluster[2].url()));
  // The first goes on.
  ASSERT_THAT(cluster.Send(1, 2, 50, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(2, kPatience), IsOk());
}

TEST_P(Defect, TwoServersInOneProcessSharedTheMapOfUrls) {
  RecordedCluster& one = NewCluster(2);
  RecordedCluster& other = NewCluster(2);
  ASSERT_THAT(one.Send(1, 2, 50, kPatience), IsOk());
  ASSERT_THAT(other.Send(1, 2, 60, kPatience), IsOk());
  const auto in_one = one.Receive(2, kPatience);
  const auto in_other = other.Receive(2, kPatience);
  ASSERT_THAT(in_one, IsOk());
  ASSERT_THAT(in_other, IsOk());
  EXPECT_EQ(in_one->msg().size(), 50u);
  EXPECT_EQ(in_other->msg().size(), 60u);
  for (RecordedCluster* cluster : {&one, &other}) {
    EXPECT_THAT(cluster->Receive(2, absl::Milliseconds(20)),
                HasCode(absl::StatusCode::kDeadlineExceeded));
  }
}

TEST_P(Defect, ClosingTheOutboxDroppedWhatWasQueued) {
  constexpr int kEnvelopes = 1000;
  LocalCluster::Setup setup;
  setup.late = {2};
  RecordedCluster& cluster = NewCluster(2, setup);
  for (int i = 0; i < kEnvelopes; ++i) {
    ASSERT_THAT(cluster.TrySend(1, 2, 500), IsOk());
  }
  cluster[1].outbox().Close();
  EXPECT_THAT(cluster.TrySend(1, 2, 500),
              HasCode(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(cluster.Start(2), IsOk());
  for (int i = 0; i < kEnvelopes; ++i) {
    ASSERT_THAT(cluster.Receive(2, kPatience), IsOk());
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  // The inbox of who closed its outbox goes on.
  ASSERT_THAT(cluster.Send(2, 1, 50, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(1, kPatience), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Schemes, Defect, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
