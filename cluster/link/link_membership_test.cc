// A peer that is taken out of the configuration, put back, or moved.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

LinkOptions Void() {
  LinkOptions options = Side::DefaultOptions();
  options.void_on_restart = true;
  return options;
}

// A session on which the peer has sent three, of which one was taken, and has
// been sent two.
void Exchange(Side& me) {
  me.link.OnReset(/*up=*/true, me.now);
  me.Say();
  me.Open();
  me.Hear(me.FromPeer(), Items({"a", "b", "c"}));
  me.Take();
  for (uint64_t id = 7; id <= 8; ++id) ASSERT_TRUE(me.Send(id, "hello"));
  me.Say();
  me.TakeEvents();
}

// The same pid again, some reloads later.
Life Later(const Side& me, uint64_t epoch) {
  Life life = me.life;
  life.epoch = epoch;
  return life;
}

TEST(Removed, SaysItsLeaveUntilThatIsEchoed) {
  Side me;
  Exchange(me);
  const SendQueue::Count voided = me.link.Remove();
  EXPECT_EQ(voided.envelopes, 2u);
  EXPECT_EQ(voided.bytes, 10u);
  EXPECT_EQ(voided.first_id, 7u);
  me.ExpectBalance();
  EXPECT_EQ(me.Stats().ledger().voided(), 2u);
  EXPECT_TRUE(me.link.leave_is_owed());
  const wire::Frame first = me.SayOne(/*sleeping=*/false);
  for (int i = 0; i < 3; ++i) {
    me.Pass(10 * kMilli);
    const wire::Frame again = me.SayOne(/*sleeping=*/false);
    for (const wire::Frame& frame : {first, again}) {
      EXPECT_TRUE(frame.session());
      EXPECT_TRUE(frame.leave());
      EXPECT_TRUE(frame.ask());
      EXPECT_EQ(frame.received(), 3u);
      EXPECT_EQ(frame.taken(), 1u);
      EXPECT_EQ(frame.items_size(), 0);
    }
  }
  Header header = me.FromPeer();
  header.echo = first.stamp() - 1;
  me.Hear(header, Items({"d"}));
  EXPECT_TRUE(me.link.leave_is_owed()) << "it was said before";
  EXPECT_TRUE(me.effects.runs.empty());
  header = me.FromPeer();
  header.echo = first.stamp();
  me.Hear(header);
  EXPECT_FALSE(me.link.leave_is_owed());
  me.Pass(kSecond);
  EXPECT_TRUE(me.Quiet());
  EXPECT_TRUE(me.events.empty()) << "all that is said of it the engine says";
}

TEST(Removed, WaitsForTheConnection) {
  Side me;
  Exchange(me);
  me.link.OnReset(/*up=*/false, me.now);
  me.link.Remove();
  EXPECT_TRUE(me.Quiet());
  EXPECT_EQ(me.link.FrameDeadline(), kNever);
  me.link.OnReset(/*up=*/true, me.now);
  EXPECT_TRUE(me.SayOne().leave());
}

TEST(Removed, OwesNothingWithoutASession) {
  Side me;
  me.link.OnReset(/*up=*/true, me.now);
  me.Send(1, "hello");
  EXPECT_EQ(me.link.Remove().envelopes, 1u);
  EXPECT_FALSE(me.link.leave_is_owed());
  EXPECT_TRUE(me.Quiet());
}

TEST(Removed, IsDoneWhenThePeerLeavesToo) {
  Side me;
  Exchange(me);
  me.link.Remove();
  Header header = me.FromPeer();
  header.echo = 0;
  header.leave = true;
  me.Hear(header);
  EXPECT_FALSE(me.link.leave_is_owed());
}

TEST(Removed, IsAStrangerToAllOtherFrames) {
  Side me;
  Exchange(me);
  me.link.Remove();
  me.SayOne();
  me.Hear(me.Hello());
  Header newer_self = me.FromPeer();
  newer_self.dst.start_us += 5;
  EXPECT_FALSE(me.Hear(newer_self)) << "it fences nobody";
  Header other = me.FromPeer();
  other.dst.random += 1;
  me.Hear(other);
  EXPECT_TRUE(me.Quiet()) << "and is not answered";
  EXPECT_EQ(me.Refused(Refusal::UNKNOWN_PID), 3u);
}

// It had answered that one before, so that life holds the session.
TEST(Removed, TellsTheNewerLifeThatAnswers) {
  Side me;
  Exchange(me);
  me.link.Remove();
  me.SayOne();
  me.peer_life = {300, 9};
  Header header = me.FromPeer();
  header.hello = me.Hello().hello;
  me.Hear(header);
  EXPECT_TRUE(me.link.leave_is_owed());
  const wire::Frame leave = me.SayOne();
  EXPECT_EQ(LifeOf(leave.dst()), me.peer_life);
  EXPECT_TRUE(leave.leave());
  EXPECT_EQ(leave.taken(), 0u);
  header = me.FromPeer();
  header.echo = leave.stamp();
  me.Hear(header);
  EXPECT_FALSE(me.link.leave_is_owed());
}

// ---- Added again ------------------------------------------------------------

TEST(AddedAgain, SaysWhatTheFormerLinkTook) {
  Side me;
  Exchange(me);
  me.link.Remove();
  const LinkMemory memory = me.link.Memory(/*same_peer=*/true);
  EXPECT_EQ(memory.newest, me.peer_life);
  ASSERT_TRUE(memory.former.has_value());
  EXPECT_EQ(memory.former->epoch(), 0u);
  EXPECT_EQ(memory.former->taken(), 1u);
  EXPECT_EQ(LifeOf(memory.former->peer()), me.peer_life);
  EXPECT_EQ(memory.account->accepted(), 2u);

  Link again(me.options, Later(me, 1), me.now, memory);
  OutgoingFrame out;
  ASSERT_TRUE(again.NextFrame(me.now, /*sleeping=*/false, &out));
  EXPECT_EQ(out.header.src.epoch, 1u);
  EXPECT_EQ(out.header.hello->former().taken(), 1u);
  EXPECT_EQ(again.accepted(), 2u) << "the ledger goes on";
}

// The peer may never have heard of it, and hold the one before.
TEST(AddedAgain, SaysNothingOfALinkThatOnlyOneSideHeld) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  ASSERT_EQ(me.link.phase(), Phase::kHalf);
  me.link.Remove();
  EXPECT_FALSE(me.link.Memory(true).former.has_value());
}

TEST(AddedAgain, KnowsNothingOfAnotherPeer) {
  Side me;
  Exchange(me);
  me.link.Remove();
  EXPECT_FALSE(static_cast<bool>(me.link.Memory(false).newest));
}

TEST(AddedAgain, TellsAnOlderLifeThatItIs) {
  Side me;
  Exchange(me);
  me.link.Remove();
  Link again(me.options, Later(me, 1), me.now, me.link.Memory(true));
  OutgoingFrame out;
  again.NextFrame(me.now, false, &out);
  ParsedFrame parsed;
  parsed.header = me.Hello();
  parsed.header.src = {150, 2};
  again.OnFrame(parsed, me.origin, me.now);
  ASSERT_TRUE(again.NextFrame(me.now, false, &out));
  EXPECT_TRUE(out.reply);
  EXPECT_EQ(out.header.dst, me.peer_life);
  EXPECT_FALSE(out.header.session);
  EXPECT_EQ(again.phase(), Phase::kNone);
}

// ---- The peer has removed us, and added us ---------------------------------

wire::Former FormerOf(const Side& me, uint64_t taken) {
  wire::Former former;
  former.set_epoch(me.peer_life.epoch);
  *former.mutable_peer() = me.life.ToProto();
  former.set_taken(taken);
  return former;
}

// A hello of the peer's next link.
Header NextLink(Side& me, const wire::Former& former) {
  Header header = me.FromPeer();
  header.src.epoch = 4;
  header.hello = me.Hello().hello;
  *header.hello->mutable_former() = former;
  return header;
}

TEST(NewLinkOfThePeer, SaysALeaveThatWasLost) {
  for (const bool void_on_restart : {false, true}) {
    Side me(void_on_restart ? Void() : Side::DefaultOptions());
    Exchange(me);
    const wire::Former former = FormerOf(me, 1);
    me.peer_life.epoch = 4;
    me.Hear(NextLink(me, former));
    EXPECT_EQ(me.CountEvents(Event::PEER_LEFT), 1);
    EXPECT_EQ(me.CountEvents(Event::PEER_RESTARTED), 0);
    EXPECT_EQ(me.Stats().ledger().taken(), 1u);
    EXPECT_EQ(me.Stats().ledger().voided(), void_on_restart ? 1u : 0u);
    EXPECT_EQ(me.Stats().ledger().in_flight(), void_on_restart ? 0u : 1u);
    EXPECT_EQ(LifeOf(me.Stats().incarnation()).start_us, 200u);
    me.ExpectBalance();
  }
}

TEST(NewLinkOfThePeer, IsARestartWhereItSaysNothingOfThisSession) {
  for (int wrong = 0; wrong < 4; ++wrong) {
    Side me;
    Exchange(me);
    wire::Former former = FormerOf(me, 1);
    if (wrong == 0) former.set_epoch(3);
    if (wrong == 1) former.mutable_peer()->set_random(99);
    if (wrong == 2) former.mutable_peer()->set_epoch(1);
    if (wrong == 3) former.set_taken(3);  // More than was sent.
    me.peer_life.epoch = 4;
    me.Hear(NextLink(me, former));
    EXPECT_EQ(me.CountEvents(Event::PEER_LEFT), 0) << wrong;
    EXPECT_EQ(me.OnlyEvent(Event::PEER_RESTARTED).count(), 2u) << wrong;
    EXPECT_EQ(me.Stats().ledger().in_flight(), 2u);
    me.ExpectBalance();
  }
}

// ---- A reload ---------------------------------------------------------------

TEST(Reloaded, SaysItsHelloUntilThatIsEchoed) {
  Side me;
  Exchange(me);
  const uint64_t before = me.echo;
  me.link.Reload(/*reload=*/2, /*config_digest=*/77);
  me.Hear([&] {
    Header header = me.FromPeer();
    header.ask = true;
    header.echo = before;
    return header;
  }());
  const wire::Frame first = me.SayOne();
  EXPECT_EQ(first.hello().reload(), 2u);
  EXPECT_EQ(first.hello().config_digest(), 77u);
  Header header = me.FromPeer();
  header.echo = before;
  header.ask = true;
  me.Hear(header);
  EXPECT_TRUE(me.SayOne().has_hello()) << "that one was under way";
  header = me.FromPeer();
  header.echo = first.stamp();
  header.ask = true;
  me.Hear(header);
  EXPECT_FALSE(me.SayOne().has_hello());
}

// ---- Another url ------------------------------------------------------------

TEST(Moved, KeepsItsSessionWhereKeysProveThePeer) {
  Side me;
  Exchange(me);
  me.link.Move("test://elsewhere");
  me.Collect();
  EXPECT_EQ(me.OnlyEvent(Event::PEER_MOVED).address(), "test://elsewhere");
  EXPECT_EQ(me.link.phase(), Phase::kOpen);
  EXPECT_EQ(me.Stats().url(), "test://elsewhere");
}

TEST(Moved, IsANewLinkThatKeepsItsQueueWhereThereAreNoKeys) {
  for (const bool void_on_restart : {false, true}) {
    Side me(void_on_restart ? Void() : Side::DefaultOptions());
    Exchange(me);
    me.link.MoveToStranger("test://elsewhere", Later(me, 5), /*dropped=*/2,
                           me.now);
    me.Collect();
    const Event moved = me.OnlyEvent(Event::PEER_MOVED);
    EXPECT_EQ(moved.count(), 2u);
    EXPECT_EQ(moved.dropped(), 2u);
    EXPECT_EQ(moved.detail(), void_on_restart ? "voided" : "sent again");
    EXPECT_EQ(me.link.phase(), Phase::kNone);
    EXPECT_EQ(me.Stats().inbox_bytes(), 0u);
    EXPECT_EQ(me.Stats().ledger().voided(), void_on_restart ? 2u : 0u);
    me.ExpectBalance();
    const wire::Frame hello = me.SayOne();
    EXPECT_EQ(hello.src().epoch(), 5u);
    EXPECT_FALSE(hello.has_dst());
  }
}

}  // namespace
}  // namespace raft_cluster::internal
