// Two lives of one pid at a time: of the peer, and of our own.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

constexpr Life kNewer{300, 3};
constexpr Life kOlder{199, 9};

// ---- A life of the peer that a newer one has replaced ----------------------

TEST(StaleLife, IsDroppedCountedAndToldTheWayItCame) {
  Side me;
  me.Say();
  me.Open();
  me.peer_life = kOlder;
  for (const bool names_me : {true, false}) {
    me.Pass(10 * kMilli);
    me.Say();
    Header header = names_me ? me.FromPeer() : me.Hello();
    me.origin.address = "the stale one";
    me.Hear(header, names_me ? Items({"stale"}) : "");
    std::vector<OutgoingFrame> frames = me.SayFrames();
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_TRUE(frames[0].reply);
    EXPECT_EQ(frames[0].origin.address, "the stale one");
    ParsedFrame parsed;
    ASSERT_EQ(ParseFrame(frames[0].Encode(), true, &parsed), ParseResult::kOk);
    EXPECT_EQ(parsed.header.dst, (Life{200, 2})) << "which life is the newer";
    // What it says would do no harm to the newer life either.
    EXPECT_EQ(parsed.header.received + parsed.header.credit, 0u);
    EXPECT_EQ(parsed.header.first, 1u);
  }
  EXPECT_TRUE(me.delivered.empty());
  EXPECT_EQ(me.Refused(Refusal::STALE), 2u);
}

// A server that was born again may get the answer to its former life's frame
// when its own present life holds no session yet: it makes one of that.
TEST(StaleLife, IsToldWithHelloSinceNobodyBelievesAnother) {
  for (const bool open : {false, true}) {
    Side me;
    me.Say();
    me.Hear(me.Answer());
    if (open) me.Open();
    me.Say();
    me.peer_life = kOlder;
    me.Hear(me.FromPeer());
    const std::vector<OutgoingFrame> frames = me.SayFrames();
    ASSERT_EQ(frames.size(), 1u);
    ParsedFrame parsed;
    ASSERT_EQ(ParseFrame(frames[0].Encode(), true, &parsed), ParseResult::kOk);
    EXPECT_TRUE(parsed.header.hello.has_value());
  }
}

TEST(StaleLife, IsToldAtMostOnceIn10Ms) {
  Side me;
  me.Say();
  me.Open();
  me.peer_life = kOlder;
  me.Hear(me.FromPeer());
  EXPECT_FALSE(me.Quiet());
  me.Pass(10 * kMilli - 1);
  me.Hear(me.FromPeer());
  EXPECT_TRUE(me.Quiet());
  EXPECT_EQ(me.Refused(Refusal::STALE), 2u);
}

TEST(StaleLife, LearnsFromWhatItReadsThatItIsOne) {
  Side older(Side::DefaultOptions(2, 1), kOlder);
  Side me;
  me.Say();
  me.Open();
  older.Say();
  older.peer_life = {100, 1};
  older.Open();
  older.Pass(kSecond);
  for (const OutgoingFrame& frame : older.SayFrames()) {
    me.HearFrame(frame.Encode());
  }
  // It does not say any more who it is, so it is asked; and then told.
  std::vector<OutgoingFrame> told = me.SayFrames();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].reply);
  EXPECT_FALSE(told[0].header.dst);
  EXPECT_FALSE(older.HearFrame(told[0].Encode()));
  // At once, as on a fast network: that it was asked delays nothing.
  for (const OutgoingFrame& frame : older.SayFrames()) {
    me.HearFrame(frame.Encode());
  }
  told = me.SayFrames();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(older.HearFrame(told[0].Encode())) << "superseded";
}

// ---- A newer life of our own -----------------------------------------------

// In whatever phase: the caller is told, and nothing else is done.
TEST(FrameForANewerLifeOfOurs, IsTriedBeforeAllElse) {
  for (const Phase phase :
       {Phase::kNone, Phase::kHalf, Phase::kOpen, Phase::kClosed}) {
    Side me;
    me.Say();
    if (phase == Phase::kHalf) me.Hear(me.Answer());
    if (phase == Phase::kOpen) me.Open();
    if (phase == Phase::kClosed) {
      Header leave = me.FromPeer();
      leave.leave = true;
      me.Hear(leave);
    }
    me.Say();
    for (const Life src : {kOlder, Life{200, 2}, kNewer}) {
      me.peer_life = src;
      Header header = me.FromPeer();
      header.dst = {100, 2};
      EXPECT_TRUE(me.Hear(header, Items({"for another"})));
    }
    EXPECT_EQ(me.link.phase(), phase);
    EXPECT_TRUE(me.delivered.empty());
    EXPECT_TRUE(me.Quiet()) << "and nothing is answered";
    EXPECT_EQ(me.Refused(Refusal::STALE), 0u);
  }
}

TEST(Fenced, AbandonsWhatIsInFlightAndSaysNothingAnyMore) {
  Side me;
  me.Say();
  me.Open();
  for (uint64_t id = 1; id <= 3; ++id) me.Send(id, "abandoned");
  me.Say();
  me.link.Fence();
  EXPECT_EQ(me.link.phase(), Phase::kFenced);
  EXPECT_EQ(me.Stats().ledger().abandoned(), 3u);
  EXPECT_EQ(me.link.state(), PeerStats::DOWN);
  EXPECT_EQ(me.Stats().reason(), "this server is superseded");
  me.ExpectBalance();
  EXPECT_FALSE(me.Hear(me.Hello()));
  EXPECT_FALSE(me.Hear(me.FromPeer(), Items({"late"})));
  me.peer_life = kNewer;
  EXPECT_FALSE(me.Hear(me.FromPeer()));
  EXPECT_TRUE(me.delivered.empty());
  me.link.OnReset(/*up=*/true, me.now);
  EXPECT_FALSE(me.Pass(10 * kSecond));
  EXPECT_TRUE(me.Quiet());
  EXPECT_EQ(me.Deadline(), kNever);
}

TEST(Reborn, SaysHelloAsTheNewLifeAndKeepsItsQueue) {
  Side me;
  me.Send(1, "kept");
  me.Say();
  me.link.Rebirth({500, 5}, me.now);
  EXPECT_EQ(LifeOf(me.SayOne().src()), (Life{500, 5}));
  Header answer = me.Answer();
  me.Hear(answer);
  EXPECT_EQ(me.link.phase(), Phase::kNone) << "it names the life before";
  answer.dst = {500, 5};
  me.Hear(answer);
  EXPECT_EQ(me.link.phase(), Phase::kHalf);
  me.life = {500, 5};
  me.Say();
  EXPECT_EQ(me.Open().items(0).id(), 1u);
}

}  // namespace
}  // namespace raft_cluster::internal
