// What would be stale when it arrives need not be sent, nor go on waiting.
#include <string>
#include <vector>

#include "raft/cluster/handler.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

class Stale : public testing::TestWithParam<std::string> {};

LocalCluster::Setup Late(Pid pid) {
  LocalCluster::Setup setup;
  setup.late = {pid};
  return setup;
}

TEST_P(Stale, EnvelopesForLivePeersOnlyAreRefusedForOthersAndPassThemBy) {
  LocalCluster cluster(3, GetParam(), Late(3));
  ASSERT_THAT(cluster.status(), IsOk());
  ASSERT_THAT(cluster[1].WaitForPeers(1, kPatience), IsOk());
  Outbox& outbox = cluster[1].outbox();
  EXPECT_THAT(outbox.TrySend(3, "hello", 1, SendWhen::kLive),
              HasCodeAndText(kUnavailable, "server 3 is CONNECTING"));
  EXPECT_THAT(outbox.TrySend(3, std::string(1 << 20, 'x'), 1, SendWhen::kLive),
              HasCode(kUnavailable));
  EXPECT_EQ(LedgerOf(cluster[1], 3).refused(), 2u);
  EXPECT_THAT(outbox.TrySend(9, "hello", 1, SendWhen::kLive),
              HasCode(absl::StatusCode::kNotFound));
  EXPECT_THAT(outbox.TrySend(1, "hello", 1, SendWhen::kLive),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(outbox.TrySend(2, "hello", 1, SendWhen::kLive), IsOk());
  const auto receipt = outbox.TrySend(kBroadcast, "all", 2, SendWhen::kLive);
  ASSERT_THAT(receipt, IsOk());
  EXPECT_EQ(receipt->accepted, 1);
  EXPECT_EQ(receipt->skipped, 1);
  EXPECT_EQ(LedgerOf(cluster[1], 3).accepted(), 0u);
  EXPECT_EQ(LedgerOf(cluster[1], 3).skipped(), 1u);
  for (const char* msg : {"hello", "all"}) {
    const auto got = cluster[2].inbox().Receive(kPatience);
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->msg(), msg);
  }
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());

  ASSERT_THAT(cluster.Start(3), IsOk());
  ASSERT_THAT(cluster[1].WaitForPeers(2, kPatience), IsOk());
  EXPECT_THAT(outbox.TrySend(3, "hello", 3, SendWhen::kLive), IsOk());
  EXPECT_THAT(cluster[3].inbox().Receive(kPatience), IsOk());
}

TEST_P(Stale, ABroadcastForLivePeersOnlyNeedsOne) {
  LocalCluster cluster(2, GetParam(), Late(2));
  ASSERT_THAT(cluster.status(), IsOk());
  EXPECT_THAT(
      cluster[1].outbox().TrySend(kBroadcast, "all", 1, SendWhen::kLive),
      HasCode(kUnavailable));
  EXPECT_EQ(LedgerOf(cluster[1], 2).refused(), 1u);
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

TEST_P(Stale, EnvelopesThatWaitCanBeDiscarded) {
  LocalCluster cluster(3, GetParam(), Late(2));
  ASSERT_THAT(cluster.status(), IsOk());
  Outbox& outbox = cluster[1].outbox();
  for (int i = 0; i < 100; ++i) ASSERT_THAT(outbox.TrySend(2, "old"), IsOk());
  EXPECT_EQ(outbox.Discard(9), 0u);
  EXPECT_EQ(outbox.Discard(2), 100u);
  EXPECT_EQ(outbox.Discard(2), 0u);
  EXPECT_EQ(LedgerOf(cluster[1], 2).voided(), 100u);
  ASSERT_THAT(outbox.TrySend(kBroadcast, "old"), IsOk());
  EXPECT_GE(outbox.Discard(kBroadcast), 1u);
  EXPECT_EQ(StatsOf(cluster[1], 2).queued_bytes(), 0u);
  absl::StatusOr<Event> event = cluster[1].TryNextEvent();
  while (event.ok() && event->kind() != Event::ENVELOPES_VOIDED) {
    event = cluster[1].TryNextEvent();
  }
  ASSERT_THAT(event, IsOk());
  EXPECT_EQ(event->peer(), 2);
  ASSERT_THAT(outbox.TrySend(2, "new"), IsOk());
  ASSERT_THAT(cluster.Start(2), IsOk());
  const auto got = cluster[2].inbox().Receive(kPatience);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->msg(), "new");
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

// What its window took in is delivered, what waited behind that is not.
TEST_P(Stale, WhatAStoppedPeerHasNotBeenSentNeverArrives) {
  constexpr uint64_t kMany = 200;  // Of 1 KB: more than its window of 128 KiB.
  Options options = SmallBudgets();
  options.link_budget_bytes = 1 << 20;
  LocalCluster cluster(2, GetParam(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Outbox& outbox = cluster[1].outbox();
  const std::string msg(1000, 'x');
  for (uint64_t id = 1; id <= kMany; ++id) {
    ASSERT_THAT(outbox.TrySend(2, msg, id), IsOk());
  }
  ASSERT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::SLOW; }));
  const uint64_t discarded = outbox.Discard(2);
  EXPECT_GT(discarded, 0u);
  EXPECT_LT(discarded, kMany);
  ASSERT_THAT(outbox.TrySend(2, "new", kMany + 1), IsOk());
  for (uint64_t id = 1; id <= kMany - discarded; ++id) {
    const auto got = cluster[2].inbox().Receive(kPatience);
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->id(), id);
  }
  const auto got = cluster[2].inbox().Receive(kPatience);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->id(), kMany + 1);
  EXPECT_THAT(cluster.WaitUntilTaken(), IsOk());
  EXPECT_EQ(LedgerOf(cluster[1], 2).voided(), discarded);
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

// A handler asks its Context for all of this.
class Asker : public Handler {
 public:
  void OnStart(Context& context) override {
    EXPECT_EQ(context.max_envelope_bytes(), SmallBudgets().max_envelope_bytes);
    EXPECT_EQ(context.state(2), PeerStats::UP);
    EXPECT_EQ(context.state(3), PeerStats::CONNECTING);
    EXPECT_EQ(context.state(1), PeerStats::STATE_UNSPECIFIED);
    EXPECT_EQ(context.state(4), PeerStats::STATE_UNSPECIFIED);
    EXPECT_THAT(context.TrySend(3, "hello", 0, SendWhen::kLive),
                HasCode(kUnavailable));
    EXPECT_THAT(context.TrySend(3, "hello"), IsOk());
    EXPECT_EQ(context.Discard(3), 1u);
    context.Stop();
  }
  void OnEnvelope(Context&, const Received&) override {}
};

TEST_P(Stale, HandlersCanTell) {
  LocalCluster::Setup setup = With(SmallBudgets());
  setup.late = {3};
  LocalCluster cluster(3, GetParam(), setup);
  ASSERT_THAT(cluster.status(), IsOk());
  ASSERT_THAT(cluster[1].WaitForPeers(1, kPatience), IsOk());
  Asker asker;
  EXPECT_THAT(raft_cluster::Run(cluster[1], asker), IsOk());
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Schemes, Stale, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
