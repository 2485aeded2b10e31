// An engine that is given another membership.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/testing_engines.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

Membership Of(const std::vector<Pid>& pids) {
  Membership membership;
  for (const Pid pid : pids) {
    membership.peers.push_back(
        {pid, *ParseUrl("test://" + std::to_string(pid))});
  }
  return membership;
}

class MembershipTest : public testing::Test {
 protected:
  MembershipTest() {
    for (Pid pid = 1; pid <= 3; ++pid) {
      for (Pid peer = 1; peer <= 3; ++peer) {
        if (peer != pid) engines[pid].OnReset(peer, /*up=*/true, engines.now);
      }
    }
    engines.Pass(10000);
  }

  bool Offer(Pid from, Pid to, const std::string& msg) {
    return engines[from].Offer(to, Text(1, msg), engines.now).ok();
  }
  MembershipChange Reload(Pid pid, const std::vector<Pid>& peers) {
    return engines[pid].Reload(Of(peers), engines.now);
  }

  Engines engines{3};
};

TEST_F(MembershipTest, NumbersItsChanges) {
  MembershipChange change = Reload(1, {2});
  EXPECT_EQ(change.number, 1u);
  EXPECT_EQ(change.removed, std::vector<Pid>({3}));
  change = Reload(1, {2, 3, 4});
  EXPECT_EQ(change.number, 2u);
  EXPECT_EQ(change.added, std::vector<Pid>({3, 4}));
  change = Reload(1, {2, 3, 4});
  EXPECT_EQ(change.number, 3u);
  EXPECT_TRUE(change.added.empty() && change.removed.empty() &&
              change.moved.empty() && change.rekeyed.empty());
  EXPECT_EQ(engines[1].Pids(), std::vector<Pid>({2, 3, 4}));
}

// What a removed peer brought counts as gone only when what was before it is.
TEST_F(MembershipTest, KeepsTheOrderOfEventsAndEnvelopes) {
  Events(engines[1], Event::PEER_UP);
  ASSERT_TRUE(Offer(2, 1, "of two"));
  engines.Pass(1000);
  ASSERT_TRUE(Offer(3, 1, "of three"));
  engines.Pass(1000);
  Reload(1, {2});
  EXPECT_FALSE(engines[1].EventIsNext()) << "the envelope of two came before";
  EXPECT_EQ(engines.Take(1), "of two");
  EXPECT_TRUE(engines[1].EventIsNext());
  const std::vector<Event> removed = Events(engines[1], Event::PEER_REMOVED);
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0].dropped(), 1u);
  EXPECT_EQ(engines.Take(1), "");
}

TEST_F(MembershipTest, EndsTheConnectionWhenTheLeaveWasHeard) {
  Reload(1, {3});
  EXPECT_EQ(engines[1].LeavingPids(), std::vector<Pid>({2}));
  EXPECT_TRUE(engines[1].TakeEnded().empty());
  EXPECT_FALSE(engines[1].Left()) << "it is still to be told";
  engines.Pass(10000);
  EXPECT_TRUE(engines[1].LeavingPids().empty());
  EXPECT_EQ(engines[1].TakeEnded(), std::vector<Pid>({2}));
  EXPECT_EQ(engines.Peer(2, 1).reason(), "left");
}

TEST_F(MembershipTest, GivesTheLeaveUpAfterTheFailureTimeout) {
  engines.lose = [](Pid from, Pid) { return from == 1; };
  Reload(1, {3});
  engines.Pass(1900000);
  EXPECT_EQ(engines[1].LeavingPids(), std::vector<Pid>({2}));
  engines.Pass(200000);
  EXPECT_EQ(engines[1].TakeEnded(), std::vector<Pid>({2}));
}

// The leave is lost, and the peer hears of it by the hello of the new link.
TEST_F(MembershipTest, TakesNothingTwiceWhateverIsLost) {
  for (const std::string msg : {"a", "b", "c"}) ASSERT_TRUE(Offer(2, 1, msg));
  engines.lose = [](Pid from, Pid) { return from == 1; };
  engines.Pass(10000);
  EXPECT_EQ(engines.Take(1), "a");
  Reload(1, {3});
  engines.Pass(10000);
  Reload(1, {2, 3});
  engines.lose = nullptr;
  engines.Pass(3000000);
  EXPECT_EQ(engines.Take(1), "b");
  EXPECT_EQ(engines.Take(1), "c");
  EXPECT_EQ(engines.Take(1), "");
  engines.Pass(10000);
  EXPECT_EQ(engines.Peer(2, 1).ledger().taken(), 3u);
  EXPECT_EQ(Events(engines[2], Event::PEER_RESTARTED).size(), 0u);
}

TEST_F(MembershipTest, RefusesWhoHasGone) {
  Reload(1, {3});
  engines.Pass(10000);
  ASSERT_TRUE(Offer(2, 1, "hello"));
  engines.Pass(2000000);
  EXPECT_EQ(engines.Take(1), "");
  EXPECT_EQ(engines.Peer(2, 1).ledger().in_flight(), 1u);
  EXPECT_EQ(engines[1].Offer(2, Text(1, "hello"), engines.now).status().code(),
            absl::StatusCode::kNotFound);
  const auto accepted =
      engines[1].Offer(kBroadcast, Text(2, "all", true), engines.now);
  ASSERT_TRUE(accepted.ok());
  EXPECT_EQ(accepted->accepted, 1);
}

// By this who waits for room with one that was removed finds out, also if it is
// back by then.
TEST_F(MembershipTest, TellsAPeerThatIsBackFromTheOneThatWasThere) {
  const PeerRef before = engines[1].RefOf(2);
  Reload(1, {3});
  EXPECT_EQ(engines[1].RefOf(2), PeerRef());
  Reload(1, {2, 3});
  EXPECT_NE(engines[1].RefOf(2), PeerRef());
  EXPECT_NE(engines[1].RefOf(2), before);
}

TEST_F(MembershipTest, TellsOfRoomOnlyForThosePresent) {
  while (Offer(1, 2, std::string(900, 'x'))) {
  }
  engines[1].OweRoom(2, 900);
  Reload(1, {3});
  Reload(1, {2, 3});
  EXPECT_TRUE(Events(engines[1], Event::ROOM).empty());
}

TEST_F(MembershipTest, HasOneBudgetWhoeverComesAndGoes) {
  for (int i = 0; i < 50; ++i) {
    while (Offer(1, 2, std::string(900, 'x'))) {
    }
    engines.Pass(1000);
    Reload(1, {3});
    EXPECT_EQ(engines[1].GetStats(engines.now).total_bytes(), 0u);
    Reload(1, {2, 3});
    engines.Pass(20000);
    while (!engines.Take(2).empty()) {
    }
  }
}

}  // namespace
}  // namespace raft_cluster::internal
