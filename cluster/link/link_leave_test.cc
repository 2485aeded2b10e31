// Leaving: the peer's, and our own.
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

LinkOptions Options(bool void_on_restart) {
  LinkOptions options = Side::DefaultOptions();
  options.void_on_restart = void_on_restart;
  return options;
}

// Two frames are in flight, and a third envelope waits.
void SendSome(Side& me) {
  me.Say();
  me.Open(2 * (4 + kEnvelopeOverhead));
  for (uint64_t id = 1; id <= 3; ++id) {
    me.Send(id, "some");
    me.Pass(kMilli);
    me.Say();
  }
  me.TakeEvents();
}

Header LeaveOf(Side& me) {
  Header header = me.FromPeer();
  header.leave = header.ask = true;
  return header;
}

// ---- The peer leaves -------------------------------------------------------

TEST(LeaveOfThePeer, SettlesWhatItTookAndIsAnswered) {
  for (const bool half : {false, true}) {
    Side me;
    me.Say();
    if (half) {
      me.Hear(me.Answer());
      me.Say();
    } else {
      SendSome(me);
    }
    Header header = LeaveOf(me);
    if (!half) header.received = header.taken = 1;
    me.Hear(header);
    EXPECT_EQ(me.link.phase(), Phase::kClosed);
    EXPECT_EQ(me.link.state(), PeerStats::DOWN);
    EXPECT_EQ(me.Stats().reason(), "left");
    EXPECT_FALSE(me.link.live());
    EXPECT_EQ(LifeOf(me.OnlyEvent(Event::PEER_LEFT).incarnation()),
              me.peer_life);
    const wire::Frame answer = me.SayOne(/*sleeping=*/false);
    EXPECT_EQ(answer.echo(), me.peer_stamp);
    EXPECT_FALSE(answer.leave());
    EXPECT_EQ(me.link.unsettled(), half ? 0u : 2u);
    me.ExpectBalance();
  }
}

TEST(LeaveOfThePeer, UnderResendKeepsTheRestForTheNextLife) {
  Side me(Options(false));
  SendSome(me);
  me.Hear(LeaveOf(me));
  EXPECT_EQ(me.link.unsettled(), 3u);
  EXPECT_EQ(me.CountEvents(Event::ENVELOPES_VOIDED), 0);
  me.peer_life = {300, 3};
  EXPECT_EQ(me.Open().items_size(), 3);
}

TEST(LeaveOfThePeer, UnderVoidVoidsTheRestNowAndNothingLater) {
  Side me(Options(true));
  SendSome(me);
  me.Hear(LeaveOf(me));
  const Event event = me.OnlyEvent(Event::ENVELOPES_VOIDED);
  EXPECT_EQ(event.count(), 3u);
  EXPECT_EQ(event.bytes(), 12u);
  EXPECT_EQ(event.first_id(), 1u);
  EXPECT_EQ(me.Stats().ledger().voided(), 3u);
  me.Send(4, "for the next life");
  me.peer_life = {300, 3};
  EXPECT_EQ(me.Open().items(0).id(), 4u);
  EXPECT_EQ(me.Stats().ledger().voided(), 3u);
  me.ExpectBalance();
}

TEST(LeaveOfThePeer, IsReportedOnce) {
  Side me;
  SendSome(me);
  for (int i = 0; i < 3; ++i) me.Hear(LeaveOf(me));
  me.OnlyEvent(Event::PEER_LEFT);
}

TEST(InClosed, NoDataIsSentNorAnythingElseUnasked) {
  Side me;
  SendSome(me);
  me.Hear(LeaveOf(me));
  me.Say();
  me.Send(9, "waits");
  Header header = LeaveOf(me);
  header.ask = false;
  header.credit = 1 << 20;
  header.echo = me.echo;  // With evidence of loss.
  me.Hear(header);
  EXPECT_TRUE(me.Quiet());
  EXPECT_EQ(me.Deadline(), kNever);
  EXPECT_FALSE(me.Pass(kSecond * 100));
  EXPECT_TRUE(me.Quiet());
  me.link.OnReset(/*up=*/true, me.now);
  EXPECT_TRUE(me.Quiet());
}

TEST(InClosed, LaterFramesOfThatLifeAreAnsweredAndTheirItemsDelivered) {
  Side me;
  SendSome(me);
  me.Hear(LeaveOf(me));
  const uint64_t granted = me.SayOne().credit();
  me.Hear(LeaveOf(me), Items({"it", "drains"}));
  EXPECT_EQ(me.delivered.size(), 2u);
  EXPECT_EQ(me.SayOne(/*sleeping=*/false).received(), 2u);
  me.TakeAll();
  const wire::Frame frame = me.SayOne();
  EXPECT_EQ(frame.taken(), 2u);
  EXPECT_EQ(frame.credit(), granted + 8 + 2 * kEnvelopeOverhead);
}

TEST(InClosed, LaterAcknowledgementsOfThatLifeSettle) {
  Side me;
  SendSome(me);
  Header late = me.FromPeer();
  me.Hear(LeaveOf(me));
  late.received = late.taken = 2;
  me.Hear(late);
  EXPECT_EQ(me.link.unsettled(), 1u);
  me.ExpectBalance();
}

// ---- We leave --------------------------------------------------------------

TEST(OurLeave, IsSaidAtOnceAndEvery10MsUntilItIsEchoed) {
  Side me;
  me.Say();
  me.Open();
  me.link.Leave(me.now);
  EXPECT_FALSE(me.link.Left());
  const wire::Frame first = me.SayOne(/*sleeping=*/false);
  EXPECT_TRUE(first.leave());
  EXPECT_TRUE(first.ask());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(me.Deadline(), me.now + 10 * kMilli);
    me.Pass(10 * kMilli);
    EXPECT_TRUE(me.SayOne().leave());
  }
  Header header = me.FromPeer();
  header.echo = first.stamp() - 1;
  me.Hear(header);
  EXPECT_FALSE(me.link.Left());
  header.echo = first.stamp();
  me.Hear(header);
  EXPECT_TRUE(me.link.Left());
}

TEST(OurLeave, StopsDeliveringAndAcknowledgingAtOnce) {
  Side me;
  me.Say();
  me.Open();
  me.Hear(me.FromPeer(), Items({"delivered"}));
  me.link.Leave(me.now);
  Header header = me.FromPeer();
  header.first = 2;
  me.Hear(header, Items({"too late"}));
  EXPECT_EQ(me.delivered.size(), 1u);
  for (int i = 0; i < 3; ++i) {
    const wire::Frame frame = me.SayOne();
    EXPECT_TRUE(frame.leave());
    EXPECT_EQ(frame.received(), 1u);
    EXPECT_EQ(frame.taken(), 0u);
    me.Pass(10 * kMilli);
  }
}

TEST(OurLeave, SendsWhatIsQueuedAndIsOverWhenItIsTaken) {
  Side me;
  SendSome(me);
  me.link.Leave(me.now);
  me.Say();
  Header header = me.FromPeer();
  header.received = header.taken = 2;
  header.credit = 1 << 20;
  header.echo = me.echo;
  me.Hear(header);
  EXPECT_FALSE(me.link.Left()) << "the third has not gone";
  const wire::Frame data = me.SayOne();
  EXPECT_EQ(data.items(0).id(), 3u);
  EXPECT_TRUE(data.leave());
  header = me.FromPeer();
  header.received = header.taken = 3;
  header.echo = me.echo;
  me.Hear(header);
  EXPECT_TRUE(me.link.Left());
}

TEST(OurLeave, WaitsForWhoMayStillCome) {
  Side me;
  me.Say();
  me.Pass(kSecond);
  me.Send(1, "waits");
  me.link.Leave(me.now);
  EXPECT_FALSE(me.link.Left());
  EXPECT_EQ(me.link.TickDeadline(), me.now + kSecond + 1);
  const wire::Frame data = me.Open();
  EXPECT_EQ(data.items(0).id(), 1u);
  EXPECT_TRUE(data.leave());
  EXPECT_FALSE(me.link.Left());
  Header header = me.FromPeer();
  header.received = header.taken = 1;
  header.echo = me.echo;
  me.Hear(header);
  EXPECT_TRUE(me.link.Left());
  EXPECT_EQ(me.Stats().ledger().taken(), 1u);
}

TEST(OurLeave, DoesNotWaitForWhoIsGone) {
  Side never_heard;
  never_heard.Say();
  never_heard.Send(1, "waits");
  never_heard.link.Leave(never_heard.now);
  never_heard.Pass(2 * kSecond);
  EXPECT_FALSE(never_heard.link.Left());
  never_heard.Pass(1);
  EXPECT_TRUE(never_heard.link.Left());
  EXPECT_TRUE(never_heard.link.gone());

  Side long_gone;
  long_gone.Say();
  long_gone.Send(1, "waits");
  long_gone.Pass(3 * kSecond);
  long_gone.link.Leave(long_gone.now);
  EXPECT_TRUE(long_gone.link.Left());

  Side owed_nothing;
  owed_nothing.Say();
  owed_nothing.link.Leave(owed_nothing.now);
  EXPECT_TRUE(owed_nothing.link.Left());

  Side silent;
  SendSome(silent);
  silent.link.Leave(silent.now);
  EXPECT_FALSE(silent.link.Left());
  silent.Pass(2 * kSecond + 1);
  EXPECT_TRUE(silent.link.Left());

  Side left;
  SendSome(left);
  left.Hear(LeaveOf(left));
  left.link.Leave(left.now);
  EXPECT_TRUE(left.SayOne().leave()) << "it may be leaving still";
  EXPECT_TRUE(left.link.Left());
}

TEST(Abandon, GivesTheRestItsOutcome) {
  Side me;
  SendSome(me);
  me.link.Leave(me.now);
  me.link.Abandon();
  EXPECT_EQ(me.Stats().ledger().abandoned(), 3u);
  EXPECT_EQ(me.link.unsettled(), 0u);
  me.ExpectBalance();
}

// ---- Two of them -----------------------------------------------------------

TEST(Pair, OfWhichOneLeavesDrainsAndParts) {
  Pair pair;
  pair.Open();
  for (uint64_t id = 1; id <= 100; ++id) pair.a.Send(id, "last words");
  pair.a.link.Leave(pair.a.now);
  pair.Pass(100 * kMilli);
  EXPECT_TRUE(pair.a.link.Left());
  EXPECT_EQ(pair.b().delivered.size(), 100u);
  EXPECT_EQ(pair.a.Stats().ledger().taken(), 100u);
  EXPECT_EQ(pair.b().link.phase(), Phase::kClosed);
}

TEST(Pair, ThatLeavesTogetherDoesNotWaitForEachOther) {
  Pair pair;
  pair.Open();
  pair.reads_at_once = false;
  for (uint64_t id = 1; id <= 10; ++id) {
    pair.a.Send(id, "nobody");
    pair.b().Send(id, "reads this");
  }
  pair.a.link.Leave(pair.a.now);
  pair.b().link.Leave(pair.b().now);
  pair.Pass(2 * pair.latency);
  EXPECT_TRUE(pair.a.link.Left());
  EXPECT_TRUE(pair.b().link.Left());
}

TEST(Pair, HearsTheLeaveThoughHalfOfAllFramesAreLost) {
  Pair pair;
  pair.Open();
  std::mt19937_64 random(1);
  pair.lose = [&](bool, const wire::Frame&) { return random() % 2 == 0; };
  for (uint64_t id = 1; id <= 20; ++id) pair.a.Send(id, "last words");
  pair.a.link.Leave(pair.a.now);
  pair.Pass(kSecond);
  EXPECT_TRUE(pair.a.link.Left());
  EXPECT_EQ(pair.b().delivered.size(), 20u);
  pair.b().OnlyEvent(Event::PEER_LEFT);
}

}  // namespace
}  // namespace raft_cluster::internal
