#include "raft/testing/ledger.h"

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;

// Two peers, every number its own.
Stats Balanced() {
  Stats stats;
  stats.set_pid(1);
  for (int i = 0; i < 2; ++i) {
    PeerStats& peer = *stats.add_peers();
    peer.set_pid(2 + i);
    Ledger& ledger = *peer.mutable_ledger();
    ledger.set_taken(1000 + i);
    ledger.set_voided(200);
    ledger.set_abandoned(30);
    ledger.set_in_flight(4);
    ledger.set_accepted(1234 + i);
    ledger.set_skipped(50);
    ledger.set_refused(6);
    ledger.set_offered(1290 + i);
    peer.set_received(8 + i);
    peer.set_received_taken(7);
  }
  stats.set_sent(1234 + 1235);
  stats.set_received(8 + 9);
  return stats;
}

void ExpectUnbalanced(const Stats& stats, const char* what) {
  const absl::Status status = CheckLedgers(stats);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(CheckLedgers, AnAccountThatAddsUpIsFine) {
  EXPECT_EQ(CheckLedgers(Balanced()), absl::OkStatus());
  EXPECT_EQ(CheckLedgers(Stats()), absl::OkStatus());
}

TEST(CheckLedgers, AnAcceptedEnvelopeWithoutOutcomeIsFound) {
  Stats stats = Balanced();
  stats.mutable_peers(1)->mutable_ledger()->set_taken(1000);
  ExpectUnbalanced(stats, "server 1: accepted != taken + voided");
}

TEST(CheckLedgers, AnOfferWithoutAnswerIsFound) {
  Stats stats = Balanced();
  stats.mutable_peers(0)->mutable_ledger()->set_skipped(51);
  ExpectUnbalanced(stats, "offered != accepted + skipped + refused");
}

TEST(CheckLedgers, TakingMoreThanCameIsFound) {
  Stats stats = Balanced();
  stats.mutable_peers(0)->set_received_taken(9);
  ExpectUnbalanced(stats, "received < received_taken");
}

TEST(CheckLedgers, TotalsThatStayBehindAreFound) {
  Stats stats = Balanced();
  stats.set_sent(0);
  ExpectUnbalanced(stats, "totals");
  stats = Balanced();
  stats.set_received(0);
  ExpectUnbalanced(stats, "totals");
}

}  // namespace
}  // namespace raft_cluster::internal
