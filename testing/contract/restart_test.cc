// Servers die and come back under the same pid.

#include <atomic>
#include <set>
#include <thread>  // NOLINT(build/c++11)

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr int kTaken = 30;
constexpr int kBefore = 100;  // Sent to the old life, of which it takes kTaken.
constexpr int kWhileDown = 20;
constexpr int kAfter = 10;

class Restart : public ClusterTest {
 protected:
  static void SendMany(RecordedCluster& cluster, Pid from, Pid to, int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_THAT(cluster.TrySend(from, to, 100), IsOk());
    }
  }
  // The id of the last; ids are consecutive as long as one thread sends.
  static uint64_t TakeMany(RecordedCluster& cluster, Pid at, int count) {
    uint64_t id = 0;
    for (int i = 0; i < count; ++i) {
      const auto received = cluster.Receive(at, kPatience);
      EXPECT_THAT(received, IsOk());
      if (!received.ok()) break;
      id = received->id();
    }
    return id;
  }
  static bool TakenAsFarAsIsKnown(RecordedCluster& cluster, uint64_t count) {
    return Eventually([&] { return LedgerOf(cluster[1], 2).taken() == count; });
  }
  // Server 2 takes some of what it has got, dies, and misses some more.
  static void LiveAndDie(RecordedCluster& cluster) {
    SendMany(cluster, 1, 2, kBefore);
    TakeMany(cluster, 2, kTaken);
    ASSERT_TRUE(TakenAsFarAsIsKnown(cluster, kTaken));
    ASSERT_THAT(cluster.Crash(2), IsOk());
    SendMany(cluster, 1, 2, kWhileDown);
  }
};

TEST_P(Restart, OfAReceiverBringsItWhatItsOldLifeDidNotTakeThenWhatIsNew) {
  RecordedCluster& cluster = NewCluster(2);
  LiveAndDie(cluster);
  ASSERT_THAT(cluster.Start(2), IsOk());
  SendMany(cluster, 1, 2, kAfter);
  const auto first = cluster.Receive(2, kPatience);
  ASSERT_THAT(first, IsOk());
  // What was known to have been taken is not sent again.
  EXPECT_EQ(first->id(), uint64_t{kTaken} + 1);
  const int rest = kBefore - kTaken + kWhileDown + kAfter - 1;
  EXPECT_EQ(TakeMany(cluster, 2, rest),
            uint64_t{kBefore} + kWhileDown + kAfter);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  EXPECT_EQ(LedgerOf(cluster[1], 2).voided(), 0u);
}

TEST_P(Restart, UnderVoidBringsOnlyWhatIsNewAndCountsTheRest) {
  Options options;
  options.on_restart = Options::OnRestart::kVoid;
  RecordedCluster& cluster = NewCluster(2, With(options));
  LiveAndDie(cluster);
  ASSERT_THAT(cluster.Start(2), IsOk());
  ASSERT_THAT(cluster.local().WaitUntilUp(kPatience), IsOk());
  const Ledger ledger = LedgerOf(cluster[1], 2);
  EXPECT_EQ(ledger.taken(), uint64_t{kTaken});
  EXPECT_EQ(ledger.voided(), uint64_t{kBefore} - kTaken + kWhileDown);
  EXPECT_EQ(ledger.in_flight(), 0u);
  SendMany(cluster, 1, 2, kAfter);
  const auto first = cluster.Receive(2, kPatience);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->id(), uint64_t{kBefore} + kWhileDown + 1);
  TakeMany(cluster, 2, kAfter - 1);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Restart, OfASenderIsTakenAfterWhatTheInboxHoldsOfItsOldLife) {
  RecordedCluster& cluster = NewCluster(2);
  SendMany(cluster, 1, 2, kBefore);
  ASSERT_TRUE(
      Eventually([&] { return StatsOf(cluster[2], 1).received() == kBefore; }));
  const uint64_t old_life = cluster[1].stats().incarnation().random();
  ASSERT_THAT(cluster.Restart(1), IsOk());
  SendMany(cluster, 1, 2, kAfter);
  ASSERT_TRUE(Eventually(
      [&] { return StatsOf(cluster[2], 1).received() == kBefore + kAfter; }));
  const uint64_t new_life = cluster[1].stats().incarnation().random();
  EXPECT_NE(old_life, new_life);
  for (int i = 1; i <= kBefore + kAfter; ++i) {
    const auto received = cluster.Receive(2, kPatience);
    ASSERT_THAT(received, IsOk());
    EXPECT_EQ(received->id(), static_cast<uint64_t>(i));
    EXPECT_EQ(received->incarnation(), i <= kBefore ? old_life : new_life);
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Restart, OfAReceiverThatStoppedInGoodOrderBringsItTheRest) {
  RecordedCluster& cluster = NewCluster(2);
  SendMany(cluster, 1, 2, kBefore);
  TakeMany(cluster, 2, kTaken);
  ASSERT_THAT(cluster.Stop(2, kPatience), IsOk());
  ASSERT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::DOWN; }));
  SendMany(cluster, 1, 2, kWhileDown);
  ASSERT_THAT(cluster.Start(2), IsOk());
  const auto first = cluster.Receive(2, kPatience);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->id(), uint64_t{kTaken} + 1);
  TakeMany(cluster, 2, kBefore - kTaken + kWhileDown - 1);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Restart, ATenfoldOneOfAReceiverUnderLoadLosesNothing) {
  constexpr int kLives = 10;
  RecordedCluster& cluster = NewCluster(3);
  cluster.CollectAll();
  std::atomic<bool> done{false};
  const auto send = [&](Pid self, RecordedSender sender) {
    for (int i = 0; !done; ++i) {
      ASSERT_THAT(sender.Send(i % 3 == 0 ? kBroadcast : 2, i % 2000, kPatience),
                  IsOk());
      if (i % 64 == 0) std::this_thread::yield();
    }
    (void)self;
  };
  std::thread one(send, 1, cluster.NewSender(1));
  std::thread three(send, 3, cluster.NewSender(3));
  for (int life = 1; life < kLives; ++life) {
    const uint64_t before = cluster[2].stats().received();
    EXPECT_TRUE(Eventually(
        [&] { return cluster[2].stats().received() > before + 100; }));
    EXPECT_THAT(cluster.Restart(2), IsOk());
    cluster.Collect(2);
  }
  done = true;
  one.join();
  three.join();
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Restart, OfEverybodyAtOnceIsANewBeginning) {
  RecordedCluster& cluster = NewCluster(3);
  for (Pid pid : {1, 2, 3}) SendMany(cluster, pid, kBroadcast, kAfter);
  for (Pid pid : {1, 2, 3}) ASSERT_THAT(cluster.Crash(pid), IsOk());
  for (Pid pid : {1, 2, 3}) ASSERT_THAT(cluster.Start(pid), IsOk());
  cluster.CollectAll();
  for (Pid pid : {1, 2, 3}) SendMany(cluster, pid, kBroadcast, kAfter);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  for (Pid pid : {1, 2, 3}) {
    EXPECT_EQ(cluster[pid].stats().received(), 2u * kAfter);
  }
}

// Killed and started again before anybody could notice its silence.
TEST_P(Restart, IsNoticedHoweverShortItWas) {
  RecordedCluster& cluster = NewCluster(2);
  std::set<uint64_t> lives;
  for (int i = 0; i < 5; ++i) {
    lives.insert(StatsOf(cluster[1], 2).incarnation().random());
    ASSERT_THAT(cluster.Restart(2), IsOk());
    ASSERT_THAT(cluster.local().WaitUntilUp(kPatience), IsOk());
  }
  EXPECT_EQ(lives.size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Restart, AllSchemesAndFaults(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
