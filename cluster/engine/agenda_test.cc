// Links that owe frames at times of their own, and peers that come and go.
#include "raft/cluster/engine/agenda.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kStart = 1000000;

class AgendaTest : public testing::Test {
 protected:
  PeerRef Add(Pid pid) {
    LinkOptions options;
    options.self = 100;
    options.peer = pid;
    options.link_budget_bytes = options.inbox_budget_bytes = 1000000;
    options.max_envelope_bytes = 100000;
    PeerSpec spec;
    spec.pid = pid;
    const PeerRef ref = peers.Add(
        std::move(spec), std::make_unique<Link>(options, Life{1, 1}, kStart));
    agenda.Touch(*peers.Get(ref));
    return ref;
  }
  // It wants to say hello, as when it was added.
  void Connect(PeerRef ref) {
    agenda.Touch(*peers.Get(ref)).OnReset(/*up=*/true, kStart);
  }
  // What the engine does to send a frame.
  Pid SendNext() {
    Peer* const peer = agenda.NextDue(kStart, /*sleeping=*/false);
    if (peer == nullptr) return 0;
    OutgoingFrame out;
    EXPECT_TRUE(peer->link->NextFrame(kStart, /*sleeping=*/false, &out));
    return peer->spec.pid;
  }

  PeerTable peers;
  Agenda agenda{&peers};
};

TEST_F(AgendaTest, KnowsWhoIsDueAndNobodyElse) {
  Add(1);
  const PeerRef two = Add(2);
  Add(3);
  for (const Pid pid : {1, 2, 3}) EXPECT_EQ(SendNext(), pid) << "in turn";
  EXPECT_FALSE(agenda.HasDueFrame(kStart, false));
  Connect(two);
  EXPECT_TRUE(agenda.HasDueFrame(kStart, false));
  EXPECT_LE(agenda.Deadline(), kStart);
  EXPECT_EQ(SendNext(), 2);
  EXPECT_EQ(SendNext(), 0);
  EXPECT_GT(agenda.Deadline(), kStart);
}

// Its url may lead nowhere, and its frames come in all the same.
TEST_F(AgendaTest, LetsAnAnswerOfABlockedPeerGoByTheWayTheFrameCame) {
  const PeerRef one = Add(1);
  Peer& peer = *peers.Get(one);
  peer.blocked = true;
  agenda.Touch(peer);
  EXPECT_EQ(SendNext(), 0);
  ParsedFrame stranger;
  stranger.header.from = 1;
  stranger.header.to = 100;
  stranger.header.src = Life{2, 2};
  stranger.header.hello.emplace();
  stranger.header.hello->set_url("test://elsewhere");
  agenda.Touch(peer).OnFrame(stranger, Origin{0, 1, "there"}, kStart);
  EXPECT_EQ(SendNext(), 1);
  EXPECT_EQ(SendNext(), 0) << "nothing else goes";
}

TEST_F(AgendaTest, TicksOnceWhoWasTouched) {
  const PeerRef one = Add(1);
  Add(2);
  EXPECT_EQ(agenda.TakeTicks(kStart).size(), 2u);
  EXPECT_TRUE(agenda.TakeTicks(kStart).empty());
  Connect(one);
  EXPECT_EQ(agenda.TakeTicks(kStart), std::vector<uint32_t>{one.slot});
  EXPECT_TRUE(agenda.TakeTicks(kStart).empty());
}

// Removed with a frame due, and touched since anybody looked.
TEST_F(AgendaTest, ForgetsWhoIsRemovedAndTakesNobodyForTheFormer) {
  const PeerRef one = Add(1);
  const PeerRef two = Add(2);
  ASSERT_TRUE(agenda.HasDueFrame(kStart, false));
  agenda.Touch(*peers.Get(one));
  agenda.Forget(*peers.Get(one));
  peers.Remove(one);
  EXPECT_EQ(SendNext(), 2);
  EXPECT_EQ(SendNext(), 0);
  EXPECT_EQ(agenda.TakeTicks(kStart), std::vector<uint32_t>{two.slot});

  const PeerRef three = Add(3);
  ASSERT_EQ(three.slot, one.slot);
  EXPECT_EQ(SendNext(), 3);
  EXPECT_EQ(SendNext(), 0) << "that was server 1";
  EXPECT_EQ(agenda.live(), 0);
}

}  // namespace
}  // namespace raft_cluster::internal
