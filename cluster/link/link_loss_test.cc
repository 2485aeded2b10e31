// What is lost goes again, on evidence and on nothing else.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

// In a session, with three frames of one item each in flight.
class ThreeInFlight : public testing::Test {
 protected:
  explicit ThreeInFlight(bool fifo = true) : me(Options(fifo)) {
    me.Say();
    me.Open();
    for (uint64_t id = 1; id <= 3; ++id) {
      me.Send(id, "item");
      me.Pass(2 * kMilli);  // Or it would be gathered.
      stamps.push_back(me.SayOne().stamp());
    }
  }

  static LinkOptions Options(bool fifo) {
    LinkOptions options = Side::DefaultOptions();
    options.fifo = fifo;
    return options;
  }

  // The peer says what it has of ours, and which stamp it has seen.
  void Hear(uint64_t received, uint64_t echo) {
    Header header = me.FromPeer();
    header.received = received;
    header.echo = echo;
    me.Hear(header);
  }
  // Of the frames with items that are due now: the numbers of their firsts.
  std::vector<uint64_t> SayFirsts() {
    std::vector<uint64_t> firsts;
    for (const wire::Frame& frame : me.Say()) {
      if (frame.items_size() > 0) firsts.push_back(frame.first());
    }
    return firsts;
  }

  Side me;
  std::vector<uint64_t> stamps;
};

using Firsts = std::vector<uint64_t>;

TEST_F(ThreeInFlight, AFrameIsLostWhenALaterStampCameThroughAndItDidNot) {
  Hear(0, stamps[0]);
  EXPECT_EQ(SayFirsts(), Firsts());
  Hear(0, stamps[1]);
  const std::vector<wire::Frame> again = me.Say();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].first(), 1u);
  EXPECT_EQ(again[0].items(0).id(), 1u);
  EXPECT_GT(again[0].stamp(), stamps[2]);
  EXPECT_EQ(me.Stats().frames_resent(), 1u);
}

TEST_F(ThreeInFlight, AllThatAreProvenLostGoAgainInOrder) {
  Hear(0, stamps[2]);
  EXPECT_EQ(SayFirsts(), (Firsts{1, 2}));
}

TEST_F(ThreeInFlight, WhatHasArrivedIsNotSentAgain) {
  Hear(1, stamps[2]);
  EXPECT_EQ(SayFirsts(), (Firsts{2}));
}

TEST_F(ThreeInFlight, OnePieceOfEvidenceIsGoodForOneRepeat) {
  Hear(0, stamps[2]);
  EXPECT_EQ(SayFirsts(), (Firsts{1, 2}));
  for (int i = 0; i < 3; ++i) {
    Hear(0, stamps[2]);
    EXPECT_EQ(SayFirsts(), Firsts());
  }
  Hear(0, me.echo);  // Of the repeat of 2.
  EXPECT_EQ(SayFirsts(), (Firsts{1, 3}));
}

TEST_F(ThreeInFlight, NothingIsSentAgainToAPeerThatDoesNotSpeak) {
  for (int i = 0; i < 1000; ++i) {
    me.Pass(10 * kMilli);
    EXPECT_EQ(SayFirsts(), Firsts());
  }
  EXPECT_EQ(me.Stats().frames_resent(), 0u);
}

TEST_F(ThreeInFlight, NothingIsSentAgainToAPeerThatDoesNotTake) {
  Hear(3, stamps[2]);
  for (int i = 0; i < 100; ++i) {
    me.Pass(10 * kMilli);
    me.Say();
    Hear(3, me.echo);
    EXPECT_EQ(SayFirsts(), Firsts());
  }
}

TEST_F(ThreeInFlight, ALostOneThatArrivesAfterAllIsNotSentAgain) {
  Hear(0, stamps[2]);
  Hear(3, stamps[2]);
  EXPECT_EQ(SayFirsts(), Firsts());
  EXPECT_EQ(me.Stats().frames_resent(), 0u);
}

// On the new connection its echo is the evidence for all that the old one
// lost; what may still arrive on the old one has a moment left.
TEST_F(ThreeInFlight, ANewConnectionAsksAndItsEchoProvesWhatTheOldOneLost) {
  me.Pass(2 * kMilli);
  me.link.OnReset(/*up=*/true, me.now);
  const wire::Frame ask = me.SayOne();
  EXPECT_TRUE(ask.ask());
  Hear(0, ask.stamp());
  EXPECT_EQ(SayFirsts(), (Firsts{1, 2, 3}));
}

TEST_F(ThreeInFlight, ANewConnectionGivesTheOldOneAMillisecond) {
  me.Pass(kMilli / 2);
  me.link.OnReset(/*up=*/true, me.now);
  Hear(0, me.SayOne().stamp());
  EXPECT_EQ(SayFirsts(), (Firsts{1, 2})) << "3 was sent just before";
}

class ThreeInFlightWhereFramesOvertake : public ThreeInFlight {
 protected:
  ThreeInFlightWhereFramesOvertake() : ThreeInFlight(/*fifo=*/false) {}
};

TEST_F(ThreeInFlightWhereFramesOvertake, EvidenceNeedsAMillisecondOrMore) {
  Hear(0, stamps[0] + 1000);
  EXPECT_EQ(SayFirsts(), Firsts());
  Hear(0, stamps[0] + 1001);
  EXPECT_EQ(SayFirsts(), (Firsts{1}));
}

TEST_F(ThreeInFlightWhereFramesOvertake, EvidenceNeedsAQuarterOfARoundTrip) {
  me.Pass(16 * kMilli);
  Hear(2, stamps[1]);  // 18 ms.
  EXPECT_EQ(me.Stats().round_trip_us(), 18000u);
  Header ask = me.FromPeer();
  ask.received = 2;
  ask.ask = true;
  me.Hear(ask);
  SayFirsts();  // So that there is a stamp of this time.
  Hear(2, stamps[2] + 4500);
  EXPECT_EQ(SayFirsts(), Firsts());
  Hear(2, stamps[2] + 4501);
  EXPECT_EQ(SayFirsts(), (Firsts{3}));
}

// ---- Over a wire -----------------------------------------------------------

TEST(Pair, FindsTheLossOfTheLastFrameByAProbe) {
  Pair pair;
  pair.Open();
  int lost = 0;
  pair.lose = [&](bool, const wire::Frame& frame) {
    return frame.items_size() > 0 && lost++ == 0;
  };
  pair.a.Send(1, "the last");
  pair.Pass(9 * kMilli);
  EXPECT_TRUE(pair.b().delivered.empty());
  pair.Pass(2 * kMilli);
  EXPECT_EQ(pair.b().delivered.size(), 1u);
  EXPECT_EQ(pair.a.link.unsettled(), 0u);
  EXPECT_EQ(pair.a.Stats().frames_resent(), 1u);
}

TEST(Pair, FindsTheLossOfTheLastAcknowledgementByAProbe) {
  Pair pair;
  pair.Open();
  int lost = 0;
  pair.lose = [&](bool from_a, const wire::Frame&) {
    return !from_a && lost++ < 2;
  };
  pair.a.Send(1, "taken, but who knows");
  pair.Pass(100 * kMilli);
  EXPECT_EQ(pair.a.link.unsettled(), 0u);
  EXPECT_EQ(pair.b().delivered.size(), 1u);
  EXPECT_EQ(pair.a.Stats().frames_resent(), 0u) << "it had arrived";
}

TEST(Pair, OpensAZeroWindowByAProbeWhenTheGrantWasLost) {
  LinkOptions a = Side::DefaultOptions(1, 2), b = Side::DefaultOptions(2, 1);
  a.link_budget_bytes = 10 << 20;
  Pair pair(a, b);
  pair.Open();
  pair.reads_at_once = false;
  for (uint64_t id = 1; id <= 40; ++id)
    pair.a.Send(id, std::string(60000, 'x'));
  pair.Pass(kSecond);
  EXPECT_EQ(pair.b().inbox.size(), 17u) << "the window is full";
  EXPECT_EQ(pair.a.link.state(), PeerStats::SLOW);
  int lost = 0;
  pair.lose = [&](bool from_a, const wire::Frame&) {
    return !from_a && lost++ < 3;
  };
  pair.b().TakeAll();
  pair.Pass(1500 * kMilli);
  EXPECT_EQ(pair.b().inbox.size(), 17u) << "the next ones";
  pair.reads_at_once = true;
  pair.Pass(kSecond);
  EXPECT_EQ(pair.b().delivered.size(), 40u);
  EXPECT_EQ(pair.a.link.unsettled(), 0u);
}

// One direction loses a frame in three: nothing is lost, doubled, or sent
// again without need.
TEST(Pair, HealsLossAtTheCostOfWhatWasLost) {
  Pair pair;
  pair.Open();
  uint64_t lost = 0, items = 0;
  pair.lose = [&](bool from_a, const wire::Frame& frame) {
    if (!from_a || frame.items_size() == 0 || ++items % 3 != 0) return false;
    ++lost;
    return true;
  };
  for (uint64_t id = 1; id <= 1000; ++id) {
    pair.a.Send(id, "item");
    pair.Pass(300);
  }
  pair.Pass(kSecond);
  ASSERT_EQ(pair.b().delivered.size(), 1000u);
  for (uint64_t id = 1; id <= 1000; ++id) {
    EXPECT_EQ(pair.b().delivered[id - 1].id, id);
  }
  EXPECT_GT(lost, 100u);
  EXPECT_EQ(pair.a.link.unsettled(), 0u);
  // Behind a gap nothing is acknowledged, so what was sent behind a lost one
  // may go twice: within a round trip that is one frame or two.
  EXPECT_LE(pair.a.Stats().frames_resent(), 3 * lost);
}

}  // namespace
}  // namespace raft_cluster::internal
