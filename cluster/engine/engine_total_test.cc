// The budget of all peers together, of which those that are away have half.
#include <string>

#include "gtest/gtest.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kTotal = 600000;
constexpr size_t kMsg = 936;  // Costs 1,000.

Engines ElevenOfWhomTwoAreThere() {
  return Engines(11, Engines::DefaultLink(), kNever, kTotal);
}

class TotalTest : public testing::Test {
 protected:
  TotalTest() {
    for (Pid pid = 3; pid <= 11; ++pid) engines.Stop(pid);
    engines.Pass(300000);
    EXPECT_EQ(engines[1].live_peers(), 1);
  }

  absl::Status Offer(Pid to, size_t size = kMsg) {
    const bool broadcast = to == kBroadcast;
    return engines[1]
        .Offer(to, Text(++id_, std::string(size, 'x'), broadcast), engines.now)
        .status();
  }
  int Fill(Pid to) {
    int accepted = 0;
    while (Offer(to).ok()) ++accepted;
    return accepted;
  }
  uint64_t held() { return engines[1].GetStats(engines.now).total_bytes(); }

  Engines engines = ElevenOfWhomTwoAreThere();

 private:
  uint64_t id_ = 0;
};

TEST_F(TotalTest, OfPeersThatAreAwayIsHalf) {
  EXPECT_EQ(Fill(3), 200) << "its own budget";
  EXPECT_EQ(Fill(4), 100) << "what is left of half of the total";
  EXPECT_EQ(Fill(5), 1) << "an empty queue takes one";
  EXPECT_EQ(held(), 301000u);
  EXPECT_EQ(Offer(5),
            absl::ResourceExhaustedError(
                "no room to send to server 5: this server holds 301000 bytes "
                "for all its peers, of 300000 that it may for one that is not "
                "up (Options::total_budget_bytes); send again later, or wait "
                "with Send()"));
  EXPECT_EQ(Fill(2), 200) << "one that is there has its own budget";
  EXPECT_EQ(held(), 501000u);
}

TEST_F(TotalTest, CountsABroadcastOnce) {
  engines.lose = [](Pid, Pid) { return true; };
  EXPECT_EQ(Fill(kBroadcast), 200) << "the budget of the one that is there";
  EXPECT_EQ(held(), 200000u);
  EXPECT_EQ(engines.Peer(1, 11).ledger().accepted(), 200u);
}

// The first of them uses up what is left, and it costs the others nothing.
TEST_F(TotalTest, IsNoReasonToSkipOneThatIsThere) {
  LinkOptions link = Engines::DefaultLink();
  link.link_budget_bytes = 4000000;
  Engines other(4, link, kNever, /*total_budget_bytes=*/2000000);
  other.Pass(300000);
  ASSERT_EQ(other[1].live_peers(), 3);
  other.lose = [](Pid, Pid) { return true; };
  const Outgoing large = Text(1, std::string(80000 - 64, 'x'), true);
  for (int i = 0; i < 25; ++i) {
    const auto receipt = other[1].Offer(kBroadcast, large, other.now);
    ASSERT_TRUE(receipt.ok()) << i << ": " << receipt.status();
    EXPECT_EQ(receipt->skipped, 0) << i;
  }
  EXPECT_EQ(other[1].GetStats(other.now).total_bytes(), 2000000u);
  EXPECT_EQ(other[1].Offer(kBroadcast, large, other.now).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(TotalTest, IsGivenBackByWhatIsAbandoned) {
  ASSERT_EQ(Fill(3), 200);
  ASSERT_EQ(Fill(kBroadcast), 200);
  engines[1].Leave(engines.now);
  EXPECT_FALSE(engines[1].Abandon().ok());
  EXPECT_EQ(held(), 0u);
}

TEST_F(TotalTest, LeavesOneThatIsThereAMebibyte) {
  LinkOptions link = Engines::DefaultLink();
  link.link_budget_bytes = 4000000;
  Engines other(4, link, kNever, kTotal);
  other.Stop(3);
  other.Stop(4);
  other.Pass(300000);
  ASSERT_EQ(other[1].live_peers(), 1);
  uint64_t id = 0;
  int accepted = 0;
  const auto offer = [&](Pid to) {
    return other[1].Offer(to, Text(++id, std::string(kMsg, 'x')), other.now);
  };
  while (offer(3).ok()) ++accepted;
  EXPECT_EQ(accepted, 300);
  for (accepted = 0; offer(2).ok();) ++accepted;
  EXPECT_EQ(accepted, (1 << 20) / 1000) << "though that is beyond the total";
  EXPECT_EQ(other[1].GetStats(other.now).total_bytes(), 300000u + 1048000u);
}

TEST_F(TotalTest, IsGivenBackByWhatIsTaken) {
  ASSERT_EQ(Fill(3), 200);
  ASSERT_EQ(Fill(4), 100);
  ASSERT_EQ(Fill(2), 200);
  for (int i = 0; i < 100; ++i) {
    engines.Pass(5000);
    while (!engines.Take(2).empty()) {
    }
  }
  EXPECT_EQ(held(), 300000u) << "of those that are away";
  engines.Start(3, Life{200, 1});
  for (int i = 0; i < 100; ++i) {
    engines.Pass(20000);
    while (!engines.Take(3).empty()) {
    }
  }
  EXPECT_EQ(held(), 100000u);
  EXPECT_EQ(Fill(5), 200) << "the room is anybody's";
  ExpectBalance(engines, 1);
}

// What waits for this application is held, too.
TEST_F(TotalTest, CountsWhatIsToBeTaken) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(
        engines[2]
            .Offer(1, Text(1000 + i, std::string(kMsg, 'x')), engines.now)
            .ok());
  }
  engines.Pass(100000);
  EXPECT_EQ(held(), 20000u);
  const uint64_t changes = engines[1].changes();
  ASSERT_EQ(Fill(3), 200);
  ASSERT_EQ(Fill(4), 80);
  EXPECT_NE(engines.Take(1), "");
  EXPECT_EQ(held(), 299000u);
  EXPECT_GT(engines[1].changes(), changes) << "whoever waits looks again";
  EXPECT_EQ(Fill(4), 1);
}

TEST_F(TotalTest, GivesAnInboxOfManyItsShare) {
  EXPECT_EQ(engines[1].GetStats(engines.now).inbox_budget_bytes(),
            100000u + 65536u)
      << "room for the largest, though a tenth of half the total is less";
  Engines two(2, Engines::DefaultLink(), kNever, kTotal);
  EXPECT_EQ(two[1].GetStats(two.now).inbox_budget_bytes(), 200000u);
}

}  // namespace
}  // namespace raft_cluster::internal
