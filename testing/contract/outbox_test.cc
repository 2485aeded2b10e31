// Sending: as a string or as a cord, and when the outbox is closed.

#include <string>

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
