// How a session comes about: the rows of the protocol's table that make one,
// refuse one or answer a stranger. One test for each row and state.
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

constexpr Life kMe{100, 1};
constexpr Life kPeer{200, 2};
constexpr Life kNewer{200, 3};

// ---- Tick, or own connection up --------------------------------------------

TEST(InNone, TickSaysHello) {
  Side me;
  const wire::Frame hello = me.SayOne();
  EXPECT_EQ(LifeOf(hello.src()), kMe);
  EXPECT_FALSE(hello.has_dst());
  EXPECT_FALSE(hello.session());
  EXPECT_EQ(hello.cluster(), me.options.cluster);
  EXPECT_EQ(hello.from(), 1);
  EXPECT_EQ(hello.to(), 2);
  EXPECT_EQ(hello.hello().version(), kNewestVersion);
  EXPECT_EQ(hello.hello().config_digest(), me.options.config_digest);
  EXPECT_EQ(hello.hello().window_bytes(), me.options.inbox_budget_bytes);
  EXPECT_EQ(hello.hello().max_envelope_bytes(), me.options.max_envelope_bytes);
  EXPECT_EQ(hello.hello().heartbeat_us(), 200000u);
  EXPECT_EQ(hello.hello().failure_timeout_us(), 2000000u);
  EXPECT_EQ(hello.first() + hello.received() + hello.taken() + hello.credit() +
                hello.stamp() + hello.echo(),
            0u);
  EXPECT_TRUE(me.Quiet());
}

TEST(InNone, OwnConnectionUpSaysHelloAtOnce) {
  Side me;
  me.Say();
  me.link.OnReset(/*up=*/true, me.now);
  EXPECT_FALSE(me.SayOne().has_dst());
}

TEST(InNone, HelloBacksOffFrom50MsToASecondWithAQuarterOfJitter) {
  std::set<Micros> waits;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    LinkOptions options = Side::DefaultOptions();
    options.seed = seed;
    Side me(options);
    Micros interval = 50 * kMilli;
    me.Say();
    for (int i = 0; i < 10; ++i) {
      const Micros wait = me.Deadline() - me.now;
      EXPECT_GE(wait, interval * 3 / 4);
      EXPECT_LE(wait, interval * 5 / 4);
      waits.insert(wait);
      me.Pass(wait - 1);
      EXPECT_TRUE(me.Quiet());
      me.Pass(1);
      EXPECT_FALSE(me.SayOne().session());
      interval = std::min(2 * interval, kSecond);
    }
    EXPECT_EQ(interval, kSecond);
    me.link.OnReset(/*up=*/true, me.now);
    me.Say();
    EXPECT_LE(me.Deadline() - me.now, 63 * kMilli) << "from anew";
  }
  EXPECT_GT(waits.size(), 900u) << "of a thousand";
}

TEST(InHalfAndOpen, OwnConnectionUpSaysAStateFrameThatAsksAtOnce) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  me.Say();
  EXPECT_EQ(me.link.phase(), Phase::kHalf);
  me.link.OnReset(/*up=*/true, me.now);
  EXPECT_TRUE(me.SayOne().ask());
  me.Open();
  EXPECT_TRUE(me.Quiet());
  me.link.OnReset(/*up=*/true, me.now);
  const wire::Frame frame = me.SayOne();
  EXPECT_TRUE(frame.ask());
  EXPECT_TRUE(frame.session());
  EXPECT_TRUE(me.Quiet());
}

// ---- A frame for this life, of a newer one: establish ----------------------

TEST(InNone, AnAnswerEstablishesHalfAndTheThirdFrameIsOfTheSession) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  EXPECT_EQ(me.link.phase(), Phase::kHalf);
  EXPECT_EQ(me.link.state(), PeerStats::CONNECTING);
  const wire::Frame third = me.SayOne();
  EXPECT_TRUE(third.session());
  EXPECT_EQ(LifeOf(third.src()), kMe);
  EXPECT_EQ(LifeOf(third.dst()), kPeer);
  EXPECT_EQ(third.first(), 1u);
  EXPECT_EQ(third.credit(), me.options.inbox_budget_bytes);
  EXPECT_GT(third.stamp(), 0u);
  EXPECT_TRUE(third.has_hello());
  EXPECT_TRUE(me.events.empty()) << "nothing is known of the peer's side yet";
}

TEST(InNone, AFrameOfTheSessionEstablishesOpenAndItsItemsCountAtOnce) {
  Side me;
  me.Say();
  me.Hear(me.FromPeer(), Items({"one", "two"}));
  EXPECT_EQ(me.link.phase(), Phase::kOpen);
  EXPECT_EQ(me.delivered.size(), 2u);
  EXPECT_EQ(me.delivered[0].life, kPeer);
  me.OnlyEvent(Event::PEER_UP);
  const wire::Frame frame = me.SayOne();
  EXPECT_EQ(frame.received(), 2u);
  EXPECT_EQ(frame.echo(), 1u);
  EXPECT_FALSE(frame.has_hello()) << "it has come to the peer";
}

TEST(AnyPhase, WhoWouldEstablishWithoutHelloIsAskedWhoItIs) {
  for (const Phase phase : {Phase::kNone, Phase::kOpen}) {
    Side me;
    me.Say();
    if (phase == Phase::kOpen) me.Open();
    me.peer_life = kNewer;
    Header header = me.FromPeer();
    header.hello.reset();
    me.Hear(header, Items({"lost"}));
    EXPECT_EQ(me.link.phase(), phase);
    EXPECT_TRUE(me.delivered.empty());
    const std::vector<OutgoingFrame> asked = me.SayFrames();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_TRUE(asked[0].reply);
    EXPECT_FALSE(asked[0].header.dst);
    EXPECT_TRUE(asked[0].header.hello.has_value());
    me.Hear(header, Items({"lost"}));
    EXPECT_TRUE(me.Quiet()) << "once in 10 ms";
  }
}

// ---- A frame for this life, of the life whose session is held --------------

TEST(InHalf, AnAnswerDoesNothing) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  me.Say();
  me.Hear(me.Answer());
  EXPECT_EQ(me.link.phase(), Phase::kHalf);
  EXPECT_TRUE(me.Quiet());
}

TEST(InOpen, AnAnswerDoesNothingAndIsNoSignOfLife) {
  Side me;
  me.Say();
  me.Open();
  for (int i = 0; i < 30; ++i) {
    me.Pass(100 * kMilli);
    me.Hear(me.Answer());
    for (const wire::Frame& frame : me.Say()) EXPECT_TRUE(frame.session());
  }
  EXPECT_EQ(me.link.state(), PeerStats::SILENT);
}

TEST(InHalf, AFrameOfTheSessionOpens) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  EXPECT_TRUE(me.SayOne().has_hello());
  me.Hear(me.FromPeer());
  EXPECT_EQ(me.link.phase(), Phase::kOpen);
  EXPECT_TRUE(me.link.live());
  EXPECT_EQ(LifeOf(me.OnlyEvent(Event::PEER_UP).incarnation()), kPeer);
}

TEST(Hello, RidesOnEveryFrameUntilThePeerIsKnownToHaveIt) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(me.SayOne().has_hello());
    me.Pass(me.Deadline() - me.now);
  }
  me.Say();
  me.Hear(me.FromPeer());
  me.Pass(200 * kMilli);
  EXPECT_FALSE(me.SayOne().has_hello());
}

// ---- A frame for nobody, or for another life of ours -----------------------

TEST(AnyPhase, AHelloIsAnsweredAndNothingElse) {
  for (const Phase phase : {Phase::kNone, Phase::kHalf, Phase::kOpen}) {
    Side me;
    me.Say();
    if (phase != Phase::kNone) me.Hear(me.Answer());
    if (phase == Phase::kOpen) me.Open();
    me.Say();
    me.peer_life = kNewer;
    me.Hear(me.Hello());
    const wire::Frame answer = me.SayOne();
    EXPECT_EQ(LifeOf(answer.src()), kMe);
    EXPECT_EQ(LifeOf(answer.dst()), kNewer);
    EXPECT_FALSE(answer.session());
    EXPECT_TRUE(answer.has_hello());
    EXPECT_EQ(answer.credit() + answer.stamp() + answer.first(), 0u);
    EXPECT_EQ(me.link.phase(), phase) << "it may be a recording";
    EXPECT_EQ(me.CountEvents(Event::PEER_RESTARTED), 0);
  }
}

TEST(AnyPhase, AFrameForAFormerLifeOfOursIsAnsweredAndNothingElse) {
  Side me;
  me.Say();
  Header header = me.FromPeer();
  header.dst = {99, 99};
  header.taken = header.received = 1;
  me.Hear(header, Items({"for another"}));
  EXPECT_EQ(me.link.phase(), Phase::kNone);
  EXPECT_TRUE(me.delivered.empty());
  const wire::Frame answer = me.SayOne();
  EXPECT_EQ(LifeOf(answer.dst()), kPeer);
  EXPECT_FALSE(answer.session());
}

TEST(Answers, AreAtMostOneIn10Ms) {
  Side me;
  me.Say();
  me.Hear(me.Hello());
  EXPECT_FALSE(me.Quiet());
  for (int i = 0; i < 9; ++i) {
    me.Pass(kMilli);
    me.Hear(me.Hello());
    EXPECT_TRUE(me.Quiet());
  }
  me.Pass(kMilli);
  EXPECT_TRUE(me.Quiet());
  me.Hear(me.Hello());
  EXPECT_FALSE(me.Quiet());
}

TEST(Answers, AreNotAnswered) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  EXPECT_TRUE(me.SayOne().session()) << "the third frame, not an answer";
  me.Hear(me.Answer());
  EXPECT_TRUE(me.Quiet());
}

// ---- Two of them, in every order -------------------------------------------

TEST(Pair, ThatStartsAtOnceIsOpenAfterTwoRoundTrips) {
  Pair pair;
  pair.Pass(4 * pair.latency);
  EXPECT_EQ(pair.a.link.phase(), Phase::kOpen);
  EXPECT_EQ(pair.b().link.phase(), Phase::kOpen);
  pair.a.OnlyEvent(Event::PEER_UP);
  pair.b().OnlyEvent(Event::PEER_UP);
}

TEST(Pair, OpensWhoeverOfThemIsHeardAtFirst) {
  for (const bool from_a : {false, true}) {
    Pair pair;
    // Until one answers, nothing of the other arrives.
    bool answered = false;
    pair.lose = [&](bool of_a, const wire::Frame& frame) {
      answered |= of_a != from_a && frame.has_dst();
      return of_a != from_a && !answered;
    };
    pair.Pass(10 * kMilli);
    EXPECT_EQ(pair.a.link.phase(), Phase::kOpen);
    EXPECT_EQ(pair.b().link.phase(), Phase::kOpen);
  }
}

// Whichever of the first frames are lost, for each subset of the first ten.
TEST(Pair, OpensWhicheverFramesOfTheHandshakeAreLost) {
  for (int lost = 0; lost < 1 << 10; ++lost) {
    Pair pair;
    int frames = 0;
    pair.lose = [&](bool, const wire::Frame&) {
      const int frame = frames++;
      return frame < 10 && (lost >> frame & 1) != 0;
    };
    pair.Pass(3 * kSecond);
    ASSERT_EQ(pair.a.link.state(), PeerStats::UP) << lost;
    ASSERT_EQ(pair.b().link.state(), PeerStats::UP) << lost;
    ASSERT_EQ(pair.a.CountEvents(Event::PEER_RESTARTED), 0);
  }
}

TEST(Pair, FallsQuietOnceItIsOpen) {
  Pair pair;
  pair.Open();
  const uint64_t before = pair.frames;
  pair.Pass(10 * kSecond);
  EXPECT_LE(pair.frames - before, 101u) << "heartbeats of both, and no more";
  EXPECT_GE(pair.frames - before, 90u);
}

}  // namespace
}  // namespace raft_cluster::internal
