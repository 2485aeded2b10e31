// Taking: one by one, in batches, by many threads, and until nothing comes.

#include <chrono>  // NOLINT(build/c++11)
#include <memory>
#include <string>
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/message.h"

namespace raft_cluster::internal {
namespace {

using ::testing::SizeIs;

constexpr absl::Duration kIdle = absl::Seconds(1);

class InboxTest : public ClusterTest {};

TEST_P(InboxTest, ReceiveWaitsForItsTimeoutAndNoLonger) {
  RecordedCluster& cluster = NewCluster(2);
  EXPECT_THAT(cluster.Receive(2, absl::ZeroDuration()),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(cluster.Receive(2, absl::Milliseconds(100)),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  const auto waited = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(waited, std::chrono::milliseconds(100));
  EXPECT_LT(waited, absl::ToChronoSeconds(kPatience));
}

TEST_P(InboxTest, AnEnvelopeSaysWhatWasSent) {
  LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  constexpr uint64_t kId = ~uint64_t{0};
  ASSERT_THAT(cluster[1].outbox().Send(2, "hello", kPatience, kId), IsOk());
  const auto received = cluster[2].inbox().Receive(kPatience);
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->from(), 1);
  EXPECT_EQ(received->to(), 2);
  EXPECT_EQ(received->id(), kId);
  EXPECT_EQ(received->msg(), "hello");
  EXPECT_EQ(received->incarnation(), cluster[1].stats().incarnation().random());
  const Envelope envelope = received->ToProto();
  EXPECT_EQ(envelope.from(), 1);
  EXPECT_EQ(envelope.to(), 2);
  EXPECT_EQ(envelope.id(), kId);
  EXPECT_EQ(envelope.msg(), "hello");
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

TEST_P(InboxTest, ABatchHasWhatIsThereUpToItsLimitAndWaitsForTheFirstOnly) {
  LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  for (uint64_t id = 1; id <= 10; ++id) {
    ASSERT_THAT(cluster[1].outbox().TrySend(2, "hello", id), IsOk());
  }
  ASSERT_TRUE(Eventually([&] { return cluster[2].stats().received() == 10; }));
  Inbox& inbox = cluster[2].inbox();
  std::vector<Received> batch;
  auto count = inbox.ReceiveBatch(absl::InfiniteDuration(), 7, batch);
  ASSERT_THAT(count, IsOk());
  EXPECT_EQ(*count, 7u);
  EXPECT_THAT(batch, SizeIs(7));
  // Appends, and does not wait until there are seven.
  count = inbox.ReceiveBatch(absl::InfiniteDuration(), 7, batch);
  ASSERT_THAT(count, IsOk());
  EXPECT_EQ(*count, 3u);
  ASSERT_THAT(batch, SizeIs(10));
  for (size_t i = 0; i < batch.size(); ++i) EXPECT_EQ(batch[i].id(), i + 1);
  EXPECT_THAT(inbox.ReceiveBatch(absl::Milliseconds(10), 7, batch),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(batch, SizeIs(10));
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

// Its views live as long as they are in it, whatever comes and goes meanwhile.
TEST_P(InboxTest, ABatchOfViewsHasWhatIsThereAndGivesItBackTogether) {
  LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  const std::string large(100000, 'l');
  for (uint64_t id = 1; id <= 9; ++id) {
    ASSERT_THAT(cluster[1].outbox().TrySend(2, "hello", id), IsOk());
  }
  ASSERT_THAT(cluster[1].outbox().TrySend(kBroadcast, large, 10), IsOk());
  ASSERT_TRUE(Eventually([&] { return cluster[2].stats().received() == 10; }));
  Inbox& inbox = cluster[2].inbox();
  Batch first;
  ASSERT_THAT(inbox.ReceiveBatch(absl::InfiniteDuration(), 5, first), IsOk());
  Batch second;
  ASSERT_THAT(inbox.TryReceiveBatch(100, second), IsOk());
  EXPECT_THAT(cluster[1].outbox().TrySend(2, "more"), IsOk());
  ASSERT_THAT(inbox.Receive(kPatience), IsOk());
  ASSERT_EQ(first.size(), 5u);
  ASSERT_EQ(second.size(), 5u);
  uint64_t id = 0;
  for (const Batch* batch : {&first, &second}) {
    for (const Batch::View& got : *batch) {
      EXPECT_EQ(got.id, ++id);
      EXPECT_EQ(got.from, 1);
      EXPECT_EQ(got.to, id == 10 ? kBroadcast : 2);
      EXPECT_EQ(got.incarnation, cluster[1].stats().incarnation().random());
      EXPECT_TRUE(got.msg == (id == 10 ? large : "hello")) << id;
    }
  }
  EXPECT_THAT(inbox.TryReceiveBatch(1, first),
              HasCode(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(first.empty()) << "given back all the same";
  EXPECT_THAT(inbox.ReceiveBatch(kPatience, 0, second),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

// Whatever is answered comes at once: nobody sends meanwhile.
TEST_P(InboxTest, WhoTriesGetsWhatIsThereAndIsToldWhereNothingIs) {
  LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  Inbox& inbox = cluster[2].inbox();
  std::vector<Received> batch;
  EXPECT_THAT(inbox.TryReceive(), HasCode(absl::StatusCode::kUnavailable));
  EXPECT_THAT(inbox.TryReceiveBatch(5, batch),
              HasCode(absl::StatusCode::kUnavailable));
  EXPECT_THAT(inbox.TryReceiveBatch(0, batch),
              HasCode(absl::StatusCode::kInvalidArgument));
  for (uint64_t id = 1; id <= 4; ++id) {
    ASSERT_THAT(cluster[1].outbox().TrySend(2, "hello", id), IsOk());
  }
  ASSERT_TRUE(Eventually([&] { return cluster[2].stats().received() == 4; }));
  const auto first = inbox.TryReceive();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->id(), 1u);
  auto count = inbox.TryReceiveBatch(2, batch);
  ASSERT_THAT(count, IsOk());
  EXPECT_EQ(*count, 2u);
  count = inbox.TryReceiveBatch(2, batch);
  ASSERT_THAT(count, IsOk());
  EXPECT_EQ(*count, 1u);
  ASSERT_THAT(batch, SizeIs(3));
  for (size_t i = 0; i < batch.size(); ++i) EXPECT_EQ(batch[i].id(), i + 2);
  EXPECT_THAT(inbox.TryReceive(), HasCode(absl::StatusCode::kUnavailable));
  // They count as taken.
  EXPECT_THAT(cluster.WaitUntilTaken(kPatience), IsOk());
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

TEST_P(InboxTest, WhoTriesIsToldOfTheEnd) {
  LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  Server& server = cluster[2];
  absl::StatusOr<Event> event = server.TryNextEvent();
  ASSERT_THAT(event, IsOk()) << "the peer came up";
  while (event.ok()) event = server.TryNextEvent();
  EXPECT_THAT(event, HasCode(absl::StatusCode::kUnavailable));
  server.Close(absl::ZeroDuration()).IgnoreError();
  std::vector<Received> batch;
  EXPECT_THAT(server.inbox().TryReceive(),
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "closed"));
  EXPECT_THAT(server.inbox().TryReceiveBatch(5, batch),
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "closed"));
  event = server.TryNextEvent();
  while (event.ok()) event = server.TryNextEvent();
  EXPECT_THAT(event,
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "closed"));
}

// A limit is easily computed to be 0.
TEST_P(InboxTest, ABatchOfNoneIsRefusedWhetherOrNotAnythingIsThere) {
  LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  Inbox& inbox = cluster[2].inbox();
  std::vector<Received> batch;
  EXPECT_THAT(inbox.ReceiveBatch(absl::InfiniteDuration(), 0, batch),
              HasCode(absl::StatusCode::kInvalidArgument));
  ASSERT_THAT(cluster[1].outbox().TrySend(2, "hello"), IsOk());
  ASSERT_TRUE(Eventually([&] { return cluster[2].stats().received() == 1; }));
  EXPECT_THAT(inbox.ReceiveBatch(absl::InfiniteDuration(), 0, batch),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(batch, SizeIs(0));
  EXPECT_THAT(inbox.ReceiveBatch(kPatience, 1, batch), IsOk());
  EXPECT_THAT(batch, SizeIs(1));
}

TEST_P(InboxTest, WhatWasReceivedOutlivesItsServer) {
  std::vector<Received> kept;
  {
    LocalCluster cluster(2, scheme());
    ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
    for (size_t bytes : {10, 20000, 300000}) {
      ASSERT_TRUE(cluster[1]
                      .outbox()
                      .Send(2, MakeMessage(bytes, bytes), kPatience, bytes)
                      .ok());
      auto received = cluster[2].inbox().Receive(kPatience);
      ASSERT_THAT(received, IsOk());
      kept.push_back(*received);
    }
    EXPECT_THAT(cluster.CheckLedgers(), IsOk());
  }
  const std::vector<Received> copies = kept;
  kept.clear();
  for (const Received& received : copies) {
    EXPECT_TRUE(received.msg() == MakeMessage(received.id(), received.id()));
  }
}

TEST_P(InboxTest, ManyThreadsShareOutWhatComes) {
  RecordedCluster& cluster = NewCluster(2);
  cluster.Collect(2, /*threads=*/4);
  for (int i = 0; i < 5000; ++i) {
    ASSERT_THAT(cluster.Send(1, 2, 50, kPatience), IsOk());
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(InboxTest, ClosesByItselfWhenNothingCameForTheIdleTimeout) {
  LocalCluster::Setup setup;
  setup.options = [](Pid pid) {
    Options options;
    if (pid == 2) options.idle_timeout = kIdle;
    return options;
  };
  RecordedCluster& cluster = NewCluster(2, setup);
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_THAT(cluster.Send(1, 2, 50, kPatience), IsOk());
  ASSERT_THAT(cluster.Receive(2, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(2, absl::InfiniteDuration()),
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "idle"));
  EXPECT_GE(absl::FromChrono(std::chrono::steady_clock::now() - begin), kIdle);
  // Only the inbox: what it sends goes out as before.
  ASSERT_THAT(cluster.Send(2, 1, 50, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(1, kPatience), IsOk());
  EXPECT_EQ(StatsOf(cluster[1], 2).state(), PeerStats::UP);
}

TEST_P(InboxTest, AnIdleInboxStillHandsOutWhatItHolds) {
  Options options;
  options.idle_timeout = absl::Milliseconds(200);
  RecordedCluster& cluster = NewCluster(2, With(options));
  ASSERT_THAT(cluster.Send(1, 2, 50, kPatience), IsOk());
  ASSERT_TRUE(Eventually([&] { return cluster[2].stats().received() == 1; }));
  // It closes, which nobody can see from outside: time has to pass.
  EXPECT_FALSE(Eventually([] { return false; }, 2 * options.idle_timeout));
  EXPECT_THAT(cluster.Receive(2, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(2, absl::InfiniteDuration()),
              HasCode(absl::StatusCode::kFailedPrecondition));
}

INSTANTIATE_TEST_SUITE_P(Schemes, InboxTest, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
