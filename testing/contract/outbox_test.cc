// Sending: as a string or as a cord, and when the outbox is closed.

#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/message.h"

namespace raft_cluster::internal {
namespace {

// These look at bytes themselves, so they need no record.
class OutboxTest : public ClusterTest {
 protected:
  void SetUp() override {
    cluster_ = std::make_unique<LocalCluster>(3, scheme());
    ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  }
  void TearDown() override {
    EXPECT_THAT(cluster_->CheckLedgers(), IsOk());
    ClusterTest::TearDown();
  }
  void ExpectReceived(Pid at, uint64_t id, const std::string& msg) {
    const auto received = (*cluster_)[at].inbox().Receive(kPatience);
    ASSERT_THAT(received, IsOk());
    EXPECT_EQ(received->id(), id);
    EXPECT_TRUE(received->msg() == msg) << "of " << msg.size() << " bytes";
  }

  std::unique_ptr<LocalCluster> cluster_;
};

TEST_P(OutboxTest, ACordArrivesWhateverItIsMadeOf) {
  Outbox& outbox = (*cluster_)[1].outbox();
  uint64_t id = 0;
  for (size_t bytes : {0, 10, 5000, 20000, 300000, 3000000}) {
    const std::string msg = MakeMessage(id, bytes);
    const absl::Cord flat(msg);
    absl::Cord pieces;
    for (size_t i = 0; i < bytes; i += bytes / 7 + 1) {
      pieces.Append(absl::Cord(msg.substr(i, bytes / 7 + 1)));
    }
    ASSERT_EQ(pieces.size(), bytes);
    for (const absl::Cord& cord : {flat, pieces}) {
      ++id;
      ASSERT_THAT(outbox.Send(2, cord, kPatience, id), IsOk());
      ExpectReceived(2, id, msg);
      const auto receipt = outbox.Send(kBroadcast, cord, kPatience, id);
      ASSERT_THAT(receipt, IsOk());
      EXPECT_EQ(receipt->accepted, 2);
      ExpectReceived(2, id, msg);
      ExpectReceived(3, id, msg);
    }
  }
}

TEST_P(OutboxTest, WhatTheCallerDoesToItsBytesAfterwardsChangesNothing) {
  Outbox& outbox = (*cluster_)[1].outbox();
  uint64_t id = 0;
  for (size_t bytes : {10, 20000, 300000}) {
    const std::string msg = MakeMessage(id, bytes);
    std::string as_string = msg;
    ASSERT_THAT(outbox.Send(2, as_string, kPatience, ++id), IsOk());
    as_string.assign(bytes, 'x');
    absl::Cord as_cord(msg);
    ASSERT_THAT(outbox.Send(2, as_cord, kPatience, ++id), IsOk());
    as_cord = absl::Cord(as_string);
    ExpectReceived(2, id - 1, msg);
    ExpectReceived(2, id, msg);
  }
}

// Small ones and large ones, more than go under one lock, and one for all.
TEST_P(OutboxTest, ManyArriveInTheirOrder) {
  std::vector<std::string> msgs;
  std::vector<ToSend> envelopes;
  for (uint64_t id = 1; id <= 200; ++id) {
    msgs.push_back(MakeMessage(id, id % 50 == 0 ? 100000 : id));
  }
  for (uint64_t id = 1; id <= 200; ++id) {
    const bool to_all = id % 7 == 0;
    envelopes.push_back({to_all ? kBroadcast : 2, msgs[id - 1], id});
  }
  const SentMany sent = (*cluster_)[1].outbox().SendMany(envelopes, kPatience);
  EXPECT_THAT(sent.status, IsOk());
  EXPECT_EQ(sent.accepted, 200u);
  EXPECT_EQ(sent.skipped, 0u);
  for (uint64_t id = 1; id <= 200; ++id) ExpectReceived(2, id, msgs[id - 1]);
  for (uint64_t id = 7; id <= 200; id += 7) ExpectReceived(3, id, msgs[id - 1]);
}

TEST_P(OutboxTest, ManyEndWithTheFirstThatIsRefused) {
  Outbox& outbox = (*cluster_)[1].outbox();
  const std::vector<ToSend> envelopes = {{2, "a", 1}, {9, "b", 2}, {2, "c", 3}};
  for (const absl::Duration timeout : {absl::ZeroDuration(), kPatience}) {
    const SentMany sent = outbox.SendMany(envelopes, timeout);
    EXPECT_THAT(sent.status, HasCode(absl::StatusCode::kNotFound));
    EXPECT_EQ(sent.accepted, 1u);
    ExpectReceived(2, 1, "a");
  }
  EXPECT_EQ(LedgerOf((*cluster_)[1], 2).offered(), 2u)
      << "and not those behind";
  EXPECT_THAT(outbox.SendMany({}, kPatience).status, IsOk());
}

// Their time is up when it would be for one.
TEST_P(OutboxTest, ManyWaitTogether) {
  Outbox& outbox = (*cluster_)[1].outbox();
  const std::string msg(size_t{60} << 10, 'x');
  const std::vector<ToSend> envelopes(1000, ToSend{2, msg});
  const SentMany sent = outbox.SendMany(envelopes, absl::Milliseconds(100));
  EXPECT_THAT(sent.status,
              HasCodeAndText(absl::StatusCode::kDeadlineExceeded, "server 2"));
  EXPECT_GT(sent.accepted, 10u);
  EXPECT_EQ(LedgerOf((*cluster_)[1], 2).accepted(), sent.accepted);
  EXPECT_EQ(LedgerOf((*cluster_)[1], 2).refused(), 1u);
}

TEST_P(OutboxTest, AClosedOneRefusesAndEndsASendThatWaits) {
  Outbox& outbox = (*cluster_)[1].outbox();
  outbox.Close();
  const absl::StatusCode closed = absl::StatusCode::kFailedPrecondition;
  EXPECT_THAT(outbox.TrySend(2, "x"), HasCode(closed));
  EXPECT_THAT(outbox.Send(2, "x", kPatience), HasCode(closed));
  EXPECT_THAT(outbox.Send(kBroadcast, absl::Cord("x"), kPatience),
              HasCode(closed));
  outbox.Close();
  // The others' outboxes, and its own inbox, go on.
  ASSERT_THAT((*cluster_)[2].outbox().Send(1, "y", kPatience, 7), IsOk());
  ExpectReceived(1, 7, "y");
}

INSTANTIATE_TEST_SUITE_P(Schemes, OutboxTest, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
