// What a link says of bytes, delays and times, after a wire did as it was told.
#include <string>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

PeerStats StatsOf(const Side& side) { return side.Stats(); }

TEST(Account, BytesSentAreBytesReceived) {
  Pair pair;
  pair.Open();
  for (uint64_t id = 1; id <= 20; ++id) {
    pair.a.Send(id, std::string(1000, 'x'));
    pair.Pass(kMilli);
  }
  pair.Pass(kSecond);
  const PeerStats a = StatsOf(pair.a);
  const PeerStats b = StatsOf(pair.b());
  EXPECT_GE(a.sent_bytes(), 20 * 1000u);
  EXPECT_LE(a.sent_bytes(), 20 * (1000u + kMaxItemPrefixBytes));
  EXPECT_EQ(b.received_bytes(), a.sent_bytes());
  EXPECT_EQ(a.received_bytes(), 0u);
  EXPECT_EQ(b.sent_bytes(), 0u);
}

TEST(Account, LargeEnvelopesCountAllTheirFragments) {
  LinkOptions a = Side::DefaultOptions(1, 2);
  LinkOptions b = Side::DefaultOptions(2, 1);
  a.max_envelope_bytes = b.max_envelope_bytes = 1 << 20;
  a.link_budget_bytes = b.inbox_budget_bytes = 4 << 20;
  Pair pair(a, b);
  pair.Open();
  pair.a.Send(1, std::string(1 << 20, 'x'));
  pair.Pass(kSecond);
  EXPECT_GE(StatsOf(pair.a).sent_bytes(), uint64_t{1} << 20);
  EXPECT_EQ(StatsOf(pair.b()).received_bytes(), StatsOf(pair.a).sent_bytes());
  EXPECT_EQ(StatsOf(pair.a).delay().count(), 1u);
}

TEST(Account, TheDelayIsFromAcceptedToKnownTaken) {
  Pair pair;
  pair.Open();
  pair.reads_at_once = false;
  pair.a.Send(1, "x");
  pair.Pass(50 * kMilli);
  EXPECT_EQ(StatsOf(pair.a).delay().count(), 0u);  // Arrived, not taken.
  pair.b().TakeAll();
  pair.Pass(10 * kMilli);
  const Histogram delay = StatsOf(pair.a).delay();
  ASSERT_EQ(delay.count(), 1u);
  EXPECT_GE(delay.sum_us(), 50000u);
  EXPECT_LE(delay.sum_us(), 52000u);
}

// One at a time: those that are accepted meanwhile are not looked at.
TEST(Account, TheDelayIsASample) {
  Pair pair;
  pair.Open();
  pair.reads_at_once = false;
  for (uint64_t id = 1; id <= 10; ++id) {
    pair.a.Send(id, "x");
    pair.Pass(kMilli);
  }
  pair.b().TakeAll();
  pair.Pass(10 * kMilli);
  EXPECT_EQ(StatsOf(pair.a).delay().count(), 1u);
  pair.a.Send(11, "x");
  pair.Pass(kMilli);
  pair.b().TakeAll();
  pair.Pass(10 * kMilli);
  EXPECT_EQ(StatsOf(pair.a).delay().count(), 2u);
}

TEST(Account, WhatIsSentAgainToANewLifeIsStillWatched) {
  Pair pair;
  pair.Open();
  pair.reads_at_once = false;
  pair.a.Send(1, "x");
  pair.Pass(100 * kMilli);
  pair.RestartB({300, 3});
  pair.reads_at_once = true;
  pair.Pass(kSecond);
  const Histogram delay = StatsOf(pair.a).delay();
  ASSERT_EQ(delay.count(), 1u);
  EXPECT_GE(delay.sum_us(), 100000u);
}

TEST(Account, WhatIsVoidedHasNoDelay) {
  LinkOptions a = Side::DefaultOptions(1, 2);
  a.void_on_restart = true;
  Pair pair(a);
  pair.Open();
  pair.reads_at_once = false;
  pair.a.Send(1, "x");
  pair.Pass(100 * kMilli);
  pair.RestartB({300, 3});
  pair.reads_at_once = true;
  pair.Pass(kSecond);
  EXPECT_EQ(StatsOf(pair.a).ledger().voided(), 1u);
  pair.a.Send(2, "x");
  pair.Pass(kSecond);
  const Histogram delay = StatsOf(pair.a).delay();
  ASSERT_EQ(delay.count(), 1u);  // Of the second.
  EXPECT_LT(delay.sum_us(), 20000u);
}

TEST(Account, SaysHowLongAPeerHasBeenInItsStateAndUnheard) {
  Pair pair;
  pair.Open();
  pair.Pass(kSecond);
  PeerStats stats = StatsOf(pair.a);
  EXPECT_EQ(stats.state(), PeerStats::UP);
  EXPECT_GE(stats.state_us(), 900000u);
  EXPECT_LE(stats.state_us(), 2000000u);
  EXPECT_LE(stats.heard_us(), 300000u);

  pair.lose = [](bool, const wire::Frame&) { return true; };
  pair.Pass(3 * kSecond);
  stats = StatsOf(pair.a);
  EXPECT_EQ(stats.state(), PeerStats::SILENT);
  EXPECT_GE(stats.heard_us(), 2900000u);
  EXPECT_LE(stats.state_us(), 1200000u);
  EXPECT_GE(stats.state_us(), 900000u);
}

}  // namespace
}  // namespace raft_cluster::internal
