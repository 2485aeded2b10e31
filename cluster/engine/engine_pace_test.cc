// Who can wait does not run ahead of a peer that is live: it waits at the high
// mark, and is told at the low one.
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

using Manner = Engine::Manner;

constexpr size_t kMsg = 936;
constexpr uint64_t kCost = kMsg + kEnvelopeOverhead;
constexpr uint64_t kHigh = Pace::kLeastMark;
constexpr uint64_t kBudget = uint64_t{8} << 20;

LinkOptions LargeBudgets() {
  LinkOptions link = Engines::DefaultLink();
  link.link_budget_bytes = link.inbox_budget_bytes = kBudget;
  link.max_envelope_bytes = kBudget / 2;
  return link;
}

class PaceTest : public testing::Test {
 protected:
  PaceTest() { engines.Pass(10000); }

  absl::Status Offer(Pid to, Manner manner = Manner::kPaced,
                     size_t size = kMsg) {
    const Outgoing envelope =
        Text(1, std::string(size, 'x'), /*broadcast=*/to == kBroadcast);
    if (engines[1].Join(to, envelope, manner) > 0) return absl::OkStatus();
    return engines[1].Offer(to, envelope, engines.now, manner).status();
  }
  uint64_t Fill(Pid to, Manner manner = Manner::kPaced) {
    uint64_t accepted = 0;
    while (Offer(to, manner).ok()) ++accepted;
    return accepted;
  }
  void Take(Pid pid, uint64_t envelopes) {
    for (uint64_t i = 0; i < envelopes; ++i) ASSERT_NE(engines.Take(pid), "");
    engines.Pass(5000);
  }
  uint64_t queued(Pid to) { return engines.Peer(1, to).queued_bytes(); }

  Engines engines{3, LargeBudgets()};
};

TEST_F(PaceTest, WaitsAtTheHighMarkAndIsToldAtTheLowOne) {
  EXPECT_EQ(Fill(2), kHigh / kCost + 1);
  EXPECT_EQ(Offer(2),
            absl::ResourceExhaustedError(
                "server 2 has not taken 1049000 bytes of what was sent to it; "
                "Send() waits until it has, and TrySend() does not"));
  engines.Pass(5000);
  const uint64_t changes = engines[1].changes();
  Take(2, 500);
  EXPECT_FALSE(Offer(2).ok()) << "half of it is queued";
  Take(2, 20);
  EXPECT_EQ(engines[1].changes(), changes);
  Take(2, 10);
  EXPECT_EQ(engines[1].changes(), changes + 1);
  EXPECT_TRUE(Offer(2).ok());
  Take(2, 10);
  EXPECT_EQ(engines[1].changes(), changes + 1) << "once";
  EXPECT_GT(Fill(2), kHigh / kCost / 2);
}

TEST_F(PaceTest, IsNothingToWhoDoesNotWait) {
  Fill(2);
  EXPECT_TRUE(Offer(2, Manner::kAny).ok());
  EXPECT_TRUE(Offer(2, Manner::kLiveOnly).ok());
  Fill(2, Manner::kAny);
  EXPECT_EQ(queued(2), kBudget / kCost * kCost);
}

// To one that is full by others it goes on at the low mark, too.
TEST_F(PaceTest, TellsWhoFoundTheQueueFull) {
  Fill(2, Manner::kAny);
  EXPECT_FALSE(Offer(2).ok());
  engines.Pass(20000);
  const uint64_t changes = engines[1].changes();
  const uint64_t above = queued(2) / kCost - kHigh / 2 / kCost;
  Take(2, above);
  EXPECT_GT(engines[1].changes(), changes);
  EXPECT_TRUE(Offer(2).ok());
}

TEST_F(PaceTest, LetsAnEnvelopeGoThatIsLargerThanTheMark) {
  EXPECT_TRUE(Offer(2, Manner::kPaced, kBudget / 2).ok());
  EXPECT_FALSE(Offer(2).ok());
}

TEST_F(PaceTest, DoesNotHoldForOneThatIsAway) {
  engines.Stop(2);
  engines.Pass(3000000);
  EXPECT_EQ(Fill(2), kBudget / kCost);
}

TEST_F(PaceTest, TellsWhoWaitsForOneThatDies) {
  Fill(2);
  const uint64_t changes = engines[1].changes();
  engines.Stop(2);
  engines.Pass(3000000);
  EXPECT_GT(engines[1].changes(), changes);
  EXPECT_EQ(Fill(2), kBudget / kCost - (kHigh / kCost + 1));
}

TEST_F(PaceTest, OfABroadcastIsThatOfTheSlowestLivePeer) {
  engines.Stop(3);
  engines.Pass(3000000);
  Fill(3);
  Fill(2);
  EXPECT_FALSE(Offer(kBroadcast).ok());
  engines.Pass(5000);
  Take(2, kHigh / kCost);
  const auto receipt =
      engines[1].Offer(kBroadcast, Text(1, std::string(kMsg, 'x'), true),
                       engines.now, Manner::kPaced);
  ASSERT_TRUE(receipt.ok()) << "the absent one stops nobody";
  EXPECT_EQ(receipt->accepted, 1);
  EXPECT_EQ(receipt->skipped, 1);
  ExpectBalance(engines, 1);
}

// Also if it took something since the sender began to wait.
TEST_F(PaceTest, OfAPeerThatDoesNotTakeMakesItSlow) {
  Fill(2);
  engines.Pass(100000);
  EXPECT_EQ(engines.Peer(1, 2).state(), PeerStats::UP);
  Take(2, 10);
  engines.Pass(300000);
  EXPECT_EQ(engines.Peer(1, 2).state(), PeerStats::SLOW);
  EXPECT_FALSE(Offer(2).ok()) << "it is live";
  Take(2, kHigh / kCost - 20);
  EXPECT_EQ(engines.Peer(1, 2).state(), PeerStats::UP);
}

}  // namespace
}  // namespace raft_cluster::internal
