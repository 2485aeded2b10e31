// What time brings: probes, heartbeats, suspicion and new connections.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

class InOpen : public testing::Test {
 protected:
  InOpen() {
    me.Say();
    me.Open();
  }

  // The next frame comes after this long and not before.
  wire::Frame SayAfter(Micros wait) {
    EXPECT_EQ(me.Deadline(), me.now + wait);
    me.Pass(wait - 1);
    EXPECT_TRUE(me.Quiet());
    me.Pass(1);
    return me.SayOne();
  }
  void Hear() {
    me.Hear(me.FromPeer());
    me.Say();
  }

  Side me;
};

// ---- Probes and heartbeats -------------------------------------------------

TEST_F(InOpen, AProbeAsksAfter10MsAndThenEverMoreSeldomUpToTheHeartbeat) {
  me.Send(1, "item");
  EXPECT_FALSE(me.SayOne().ask());
  for (const Micros wait : {10, 20, 40, 80, 160, 200, 200, 200}) {
    EXPECT_TRUE(SayAfter(wait * kMilli).ask());
  }
}

TEST_F(InOpen, ProbesGoOnUntilTheItemIsTakenNotUntilItIsReceived) {
  me.Send(1, "item");
  me.Say();
  Header header = me.FromPeer();
  header.received = 1;
  me.Hear(header);
  EXPECT_TRUE(SayAfter(10 * kMilli).ask());
  header = me.FromPeer();
  header.received = header.taken = 1;
  me.Hear(header);
  EXPECT_FALSE(SayAfter(190 * kMilli).ask()) << "an ordinary heartbeat";
}

TEST_F(InOpen, AProbeComesAfterTwoRoundTripsWhereTheyAreLonger) {
  me.Pass(kMilli);  // So that stamps are the time again.
  me.Send(1, "item");
  me.Say();
  me.Pass(30 * kMilli);
  Header header = me.FromPeer();
  header.received = header.taken = 1;
  me.Hear(header);
  EXPECT_EQ(me.Stats().round_trip_us(), 30000u);
  me.Say();
  me.Send(2, "item");
  me.Say();
  EXPECT_TRUE(SayAfter(60 * kMilli).ask());
}

TEST_F(InOpen, AHeartbeatComesWhereThereIsNothingToSay) {
  for (int i = 0; i < 5; ++i) {
    const wire::Frame frame = SayAfter(200 * kMilli);
    EXPECT_FALSE(frame.ask());
    EXPECT_EQ(frame.items_size(), 0);
    Hear();
  }
}

// Whenever the last frame was: those of other links come at the same times.
TEST_F(InOpen, HeartbeatsComeAtTheMultiplesOfTheirIntervalAndSoonEnough) {
  for (const Micros after : {1, 60, 140, 149, 151, 199}) {
    me.Pass(after * kMilli);
    me.Send(1, "item");
    Header header = me.FromPeer();
    header.received = header.taken = me.SayOne().first();
    me.Hear(header);
    const Micros said = me.now;
    for (int i = 0; i < 2; ++i) {
      const Micros wait = me.Deadline() - me.now;
      EXPECT_GE(wait, 50 * kMilli);
      EXPECT_LE(wait, 200 * kMilli);
      EXPECT_FALSE(SayAfter(wait).ask());
      Hear();
    }
    EXPECT_EQ(me.now % (200 * kMilli), 0) << said;
  }
}

TEST_F(InOpen, AnAskIsAnsweredAtOnceAndTheAnswerAsksNothing) {
  me.Send(1, "item");
  me.Say();
  me.Pass(10 * kMilli);  // We have a probe to send as well.
  Header header = me.FromPeer();
  header.ask = true;
  me.Hear(header);
  const wire::Frame answer = me.SayOne(/*sleeping=*/false);
  EXPECT_FALSE(answer.ask());
  EXPECT_EQ(answer.echo(), me.peer_stamp);
  EXPECT_TRUE(me.Quiet());
}

TEST(InHalf, ProbesAsk) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  EXPECT_FALSE(me.SayOne().ask()) << "the third frame";
  me.Pass(10 * kMilli);
  EXPECT_TRUE(me.SayOne().ask());
}

TEST(Pair, WhereBothWaitDoesNotAskInCircles) {
  Pair pair;
  pair.Open();
  pair.reads_at_once = false;
  pair.a.Send(1, "not taken");
  pair.b().Send(1, "not taken");
  pair.Pass(kSecond);
  const uint64_t before = pair.frames;
  pair.Pass(10 * kSecond);
  EXPECT_LE(pair.frames - before, 4 * 51u) << "a probe and an answer of both";
}

// ---- Stamps ----------------------------------------------------------------

TEST_F(InOpen, StampsRiseAlsoWithinAMicrosecond) {
  uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    Header header = me.FromPeer();
    header.ask = true;
    me.Hear(header);
    const uint64_t stamp = me.SayOne().stamp();
    EXPECT_GT(stamp, last);
    last = stamp;
  }
}

TEST_F(InOpen, TheRoundTripIsSampledFromWhatIsAnsweredAtOnce) {
  const uint64_t heartbeat = SayAfter(200 * kMilli).stamp();
  me.Pass(100 * kMilli);
  Header header = me.FromPeer();
  header.echo = heartbeat;
  me.Hear(header);
  EXPECT_EQ(me.Stats().round_trip_us(), 0u) << "nobody asked for an answer";
  me.link.OnReset(/*up=*/true, me.now);
  const uint64_t ask = me.SayOne().stamp();
  me.Pass(700);
  header = me.FromPeer();
  header.echo = ask;
  me.Hear(header);
  EXPECT_EQ(me.Stats().round_trip_us(), 700u);
}

// ---- SILENT ----------------------------------------------------------------

TEST_F(InOpen, APeerIsSilentAfterTwoSecondsUntilItIsHeard) {
  me.Pass(2 * kSecond);
  EXPECT_EQ(me.link.state(), PeerStats::UP);
  me.Pass(1);
  EXPECT_EQ(me.link.state(), PeerStats::SILENT);
  EXPECT_FALSE(me.link.live());
  me.OnlyEvent(Event::PEER_SILENT);
  me.TakeEvents();
  Hear();
  EXPECT_EQ(me.link.state(), PeerStats::UP);
  me.OnlyEvent(Event::PEER_UP);
  EXPECT_EQ(me.link.phase(), Phase::kOpen) << "a session outlives silence";
}

TEST_F(InOpen, OnlyFramesOfTheSessionAreSignsOfLife) {
  const Life held = me.peer_life;
  for (int i = 0; i < 25; ++i) {
    me.Pass(100 * kMilli);
    me.Hear(me.Answer());
    me.Hear(me.Hello());
    me.peer_life = {199, 1};
    me.Hear(me.FromPeer());  // Of a former life.
    me.peer_life = held;
    Header header = me.FromPeer();
    header.received = 7;  // Refused.
    me.Hear(header);
    me.Say();
  }
  EXPECT_EQ(me.link.state(), PeerStats::SILENT);
}

// ---- SLOW ------------------------------------------------------------------

TEST(Peer, ThatDoesNotTakeIsSlowAndUpWhenItTakesAgain) {
  Side me;
  me.Say();
  me.Open(100);
  me.TakeEvents();
  me.Send(1, std::string(36, 'x'));
  me.Send(2, "waits");
  me.Say();
  for (int i = 0; i < 50; ++i) {  // It is heard all the time.
    me.Pass(100 * kMilli);
    Header header = me.FromPeer();
    header.received = 1;
    me.Hear(header);
    me.Say();
  }
  EXPECT_EQ(me.link.state(), PeerStats::SLOW);
  EXPECT_TRUE(me.link.live());
  me.OnlyEvent(Event::PEER_SLOW);
  EXPECT_EQ(me.CountEvents(Event::PEER_SILENT), 0);
  EXPECT_EQ(me.CountEvents(Event::PEER_RECONNECTED), 0);
  Header header = me.FromPeer();
  header.received = header.taken = 1;
  header.credit = 1000;
  me.Hear(header);
  EXPECT_EQ(me.SayOne().items_size(), 1);
  EXPECT_EQ(me.link.state(), PeerStats::UP);
  me.OnlyEvent(Event::PEER_UP);
}

// Both send all the time; one side never takes what it gets.
TEST(Pair, OfWhichOneTakesNothingForTenTimeoutsIsSlowAndNeitherSilentNorDeaf) {
  LinkOptions options = Side::DefaultOptions();
  options.link_budget_bytes *= 2;  // So that something waits for the window.
  Pair pair(options);
  pair.Open();
  pair.reads_at_once = false;
  const std::string msg(10000, 'x');
  for (uint64_t id = 1; id <= 2000; ++id) {
    pair.a.Send(id, msg);
    EXPECT_TRUE(pair.b().Send(id, msg));
    pair.Pass(10 * kMilli);
    pair.a.TakeAll();
  }
  EXPECT_EQ(pair.a.link.state(), PeerStats::SLOW);
  EXPECT_EQ(pair.b().link.state(), PeerStats::UP);
  pair.a.OnlyEvent(Event::PEER_SLOW);
  for (Side* side : {&pair.a, &pair.b()}) {
    EXPECT_EQ(side->CountEvents(Event::PEER_SILENT), 0);
    EXPECT_EQ(side->CountEvents(Event::PEER_RECONNECTED), 0);
  }
  // Nothing is lost: what had room is there, and what was sent back came.
  EXPECT_EQ(pair.a.delivered.size(), 2000u);
  pair.reads_at_once = true;
  pair.Pass(kSecond);
  EXPECT_EQ(pair.a.link.unsettled(), 0u);
  EXPECT_EQ(pair.a.link.state(), PeerStats::UP);
}

TEST(Peer, IsNotSlowForABacklogFromBeforeItsSession) {
  LinkOptions options = Side::DefaultOptions();
  options.link_budget_bytes = 10 << 20;
  Side me(options);
  for (uint64_t id = 1; id <= 100; ++id) me.Send(id, std::string(70000, 'x'));
  me.Say();
  me.Hear(me.Answer());
  me.Say();  // Data has to wait for credit.
  me.Pass(100 * kMilli);
  Header header = me.FromPeer();
  header.credit = uint64_t{1} << 30;
  me.Hear(header);
  OutgoingFrame frame;
  for (int i = 0; i < 100; ++i) {  // A slow wire takes a frame in 5 ms.
    me.Pass(5 * kMilli);
    ASSERT_TRUE(me.link.NextFrame(me.now, false, &frame));
    EXPECT_EQ(me.link.state(), PeerStats::UP) << i;
  }
}

// ---- Black holes -----------------------------------------------------------

TEST_F(InOpen, AnEchoThatDoesNotMoveWantsANewConnectionEverMoreSeldom) {
  me.Send(1, "into a black hole");
  me.Say();
  const auto wait_for_reconnect = [&] {
    for (Micros waited = 0;; waited += 10 * kMilli) {
      if (waited > 100 * kSecond) return waited;
      // The peer speaks, so it is not silent.
      Header header = me.FromPeer();
      header.echo = 0;
      me.Hear(header);
      me.Say();
      if (me.Pass(10 * kMilli)) return waited + 10 * kMilli;
    }
  };
  for (const Micros wait : {1500, 3000, 6000, 12000, 24000, 30000, 30000}) {
    EXPECT_EQ(wait_for_reconnect(), wait * kMilli);
    me.link.OnReset(/*up=*/true, me.now);
  }
  EXPECT_EQ(me.CountEvents(Event::PEER_RECONNECTED), 7);
  EXPECT_EQ(me.CountEvents(Event::PEER_SILENT), 0);
  me.Say();
  Hear();  // With the echo.
  me.Send(2, "once more");
  me.Say();
  EXPECT_EQ(wait_for_reconnect(), 1500 * kMilli) << "from anew";
}

TEST_F(InOpen, AFullPeerWhoseEchoMovesIsNoBlackHole) {
  me.Send(1, "not taken");
  me.Say();
  for (int i = 0; i < 300; ++i) {
    EXPECT_FALSE(me.Pass(100 * kMilli));
    me.Say();
    Hear();
  }
}

TEST_F(InOpen, ALinkThatSaysNothingIsNoBlackHole) {
  Hear();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(me.Pass(kSecond));
}

TEST(InNone, AnAbsentPeerIsNoBlackHoleButOneThatSpeaksAndDoesNotHearIs) {
  Side me;
  for (int i = 0; i < 100; ++i) {
    me.Say();
    EXPECT_FALSE(me.Pass(100 * kMilli));
  }
  // It starts: our connection to it has its time to come up.
  for (int i = 0; i < 15; ++i) {
    EXPECT_EQ(me.CountEvents(Event::PEER_RECONNECTED), 0) << i;
    me.Hear(me.Hello());
    me.Say();
    EXPECT_EQ(me.Pass(100 * kMilli), i == 14) << i;
  }
}

}  // namespace
}  // namespace raft_cluster::internal
