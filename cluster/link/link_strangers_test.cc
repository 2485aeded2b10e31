// Frames of somebody else at a wrong address, of lives that cannot be, and with
// claims that are not true; and what either end says of it.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

// A server 2 of another cluster, whose configuration has our url for its
// server 1, to which it believes to speak.
Side Stranger() {
  LinkOptions options = Side::DefaultOptions(2, 1);
  options.self_url = "test://elsewhere";
  return Side(options, Life{900, 9});
}

// Frames that are due at `from`, to `to`; returns how many.
size_t Speak(Side& from, Side& to) {
  const std::vector<OutgoingFrame> frames = from.SayFrames();
  for (const OutgoingFrame& frame : frames) to.HearFrame(frame.Encode());
  return frames.size();
}

TEST(Stranger, ChangesNothingAndBothEndsSayWhy) {
  Side me;
  me.Say();
  me.Open();
  me.TakeEvents();
  Side stranger = Stranger();
  Speak(stranger, me);  // Its HELLO.
  EXPECT_FALSE(me.effects.newer_self);
  EXPECT_EQ(me.link.phase(), Phase::kOpen);
  EXPECT_EQ(me.Refused(Refusal::OTHER_ADDRESS), 1u);
  EXPECT_EQ(me.OnlyEvent(Event::FRAME_REFUSED).detail(),
            "it says that server 2 is at test://elsewhere; this server's "
            "configuration has test://2");
  const std::vector<OutgoingFrame> note = me.SayFrames();
  ASSERT_EQ(note.size(), 1u);
  EXPECT_TRUE(note[0].reply) << "not to the peer, who knows nothing of it";
  EXPECT_FALSE(stranger.HearFrame(note[0].Encode()));
  EXPECT_TRUE(stranger.Quiet()) << "a note is not answered";
  const Event event = stranger.OnlyEvent(Event::PEER_UNREACHABLE);
  EXPECT_EQ(event.detail(), stranger.Stats().reason());
  EXPECT_NE(event.detail().find("test://elsewhere"), std::string::npos);
  EXPECT_EQ(stranger.link.phase(), Phase::kNone);
}

TEST(Stranger, EndsNobodysLife) {
  Side me;
  me.Say();
  Header header = me.Answer();
  header.dst.start_us += 5;
  header.hello->set_url("test://elsewhere");
  EXPECT_FALSE(me.Hear(header));
  header.hello.reset();
  EXPECT_FALSE(me.Hear(header)) << "nor one who does not say who he is";
  header.hello = me.Hello().hello;
  EXPECT_TRUE(me.Hear(header)) << "but the peer does";
}

TEST(Stranger, WhoStopsToBeOneIsNotHeldToIt) {
  Side me;
  me.Say();
  Header header = me.Answer();
  header.hello->set_url("test://elsewhere");
  me.Hear(header);
  EXPECT_EQ(me.link.phase(), Phase::kNone);
  me.Say();
  me.Open();
  EXPECT_EQ(me.link.state(), PeerStats::UP);
}

TEST(Note, ChangesNothingOfASession) {
  Side me;
  me.Say();
  me.Open();
  me.TakeEvents();
  Header note = me.Hello();
  note.hello->set_refused(Refusal::OTHER_ADDRESS);
  me.Hear(note);
  EXPECT_EQ(me.link.state(), PeerStats::UP);
  EXPECT_EQ(me.Stats().reason(), "");
  EXPECT_TRUE(me.events.empty());
}

TEST(Note, IsTheReasonUntilThereIsASession) {
  Side me;
  me.Say();
  for (const Refusal::Reason reason :
       {Refusal::OTHER_ADDRESS, Refusal::OTHER_VERSION, Refusal::FUTURE_LIFE,
        Refusal::UNKNOWN_PID, Refusal::MISROUTED, Refusal::OTHER_CLUSTER,
        static_cast<Refusal::Reason>(999)}) {
    Header note = me.Hello();
    note.hello->set_refused(reason);
    me.TakeEvents();
    for (int i = 0; i < 3; ++i) me.Hear(note);
    EXPECT_EQ(me.OnlyEvent(Event::PEER_UNREACHABLE).detail(),
              me.Stats().reason());
    EXPECT_NE(me.Stats().reason(), "");
  }
  EXPECT_EQ(me.link.state(), PeerStats::CONNECTING);
  me.Open();
  EXPECT_EQ(me.Stats().reason(), "");
}

TEST(FutureLife, IsRefusedWithHowFarAheadItIs) {
  constexpr uint64_t kDay = uint64_t{24} * 60 * 60 * 1000000;
  Side me;
  me.Say();
  Header header = me.Answer();
  header.dst.start_us = 30 * kDay;
  EXPECT_FALSE(me.Hear(header)) << "fenced by nobody's clock";
  EXPECT_EQ(me.OnlyEvent(Event::FRAME_REFUSED).detail(),
            "it names a life of this server that begins 29 days ahead of this "
            "server's clock");
  EXPECT_EQ(me.Refused(Refusal::FUTURE_LIFE), 1u);
  me.TakeEvents();
  me.peer_life.start_us = 3 * kDay;
  me.Hear(me.Answer());
  EXPECT_EQ(me.link.phase(), Phase::kNone);
  EXPECT_EQ(me.OnlyEvent(Event::FRAME_REFUSED).detail(),
            "its life begins 2 days ahead of this server's clock");
  EXPECT_EQ(me.Stats().reason(), me.OnlyEvent(Event::FRAME_REFUSED).detail())
      << "it may be this server's clock that is wrong";
  const std::vector<OutgoingFrame> note = me.SayFrames();
  ASSERT_EQ(note.size(), 1u);
  EXPECT_EQ(note[0].header.hello->refused(), Refusal::FUTURE_LIFE);
}

// What a header claims is held against what was sent.
TEST(Claims, OfEchoesThatWereNeverSentProveNothing) {
  Side me;
  me.Say();
  me.Open();
  ASSERT_TRUE(me.Send(1, "one"));
  me.Say();
  Header header = me.FromPeer();
  header.echo = me.echo + 1;
  for (int i = 0; i < 10; ++i) me.Hear(header);
  EXPECT_EQ(me.Refused(Refusal::NEVER_SENT), 10u);
  EXPECT_TRUE(me.Quiet());
  EXPECT_EQ(me.Stats().frames_resent(), 0u);
  header.echo = me.echo;
  me.Hear(header);
  EXPECT_EQ(me.Refused(Refusal::NEVER_SENT), 10u);
}

TEST(Claims, OfAStampFromTheEndOfTimeBlindNobody) {
  Side me;
  me.Say();
  me.Open();
  Header header = me.FromPeer();
  header.stamp = UINT64_MAX;
  header.ask = true;
  me.Hear(header);
  EXPECT_EQ(me.Refused(Refusal::MALFORMED), 1u);
  header = me.FromPeer();
  header.ask = true;
  me.Hear(header);
  EXPECT_EQ(me.SayOne().echo(), me.peer_stamp);
}

}  // namespace
}  // namespace raft_cluster::internal
