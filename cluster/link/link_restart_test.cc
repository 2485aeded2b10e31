// The peer's next life, and what becomes of what its last one did not take.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

constexpr Life kNewer{300, 3};

LinkOptions VoidOptions() {
  LinkOptions options = Side::DefaultOptions();
  options.void_on_restart = true;
  return options;
}

// Has sent 1 to 3, of which the peer has received two and taken one; 4 has
// not been sent.
void SendSome(Side& me) {
  me.Say();
  me.Open();
  for (uint64_t id = 1; id <= 3; ++id) {
    me.Send(id, "some");
    me.Pass(kMilli);
    me.Say();
  }
  Header header = me.FromPeer();
  header.received = 2;
  header.taken = 1;
  me.Hear(header);
  me.Send(4, "never sent");
  me.TakeEvents();
}

// The peer's new life says its first frame of the session.
wire::Frame Restart(Side& me, Life life = kNewer) {
  me.peer_life = life;
  me.peer_stamp = 0;
  return me.Open();
}

// ---- The peer restarts -----------------------------------------------------

TEST(RestartOfThePeer, UnderResendSendsAgainInOrderFromNumber1) {
  Side me;
  SendSome(me);
  const wire::Frame frame = Restart(me);
  EXPECT_EQ(LifeOf(frame.dst()), kNewer);
  EXPECT_EQ(frame.first(), 1u);
  ASSERT_EQ(frame.items_size(), 3);
  EXPECT_EQ(frame.items(0).id(), 2u);
  EXPECT_EQ(frame.items(2).id(), 4u);
  const Event event = me.OnlyEvent(Event::PEER_RESTARTED);
  EXPECT_EQ(LifeOf(event.old_incarnation()), (Life{200, 2}));
  EXPECT_EQ(LifeOf(event.incarnation()), kNewer);
  EXPECT_EQ(event.count(), 3u);
  EXPECT_EQ(event.bytes(), 4u + 4 + 10);
  EXPECT_EQ(event.first_id(), 2u);
  EXPECT_EQ(me.Stats().ledger().voided(), 0u);
  me.ExpectBalance();
}

TEST(RestartOfThePeer, UnderVoidVoidsAllThatIsNotKnownTaken) {
  Side me(VoidOptions());
  SendSome(me);
  me.Send(5, "after its unseen death");
  EXPECT_EQ(Restart(me).items_size(), 0);
  const Event event = me.OnlyEvent(Event::PEER_RESTARTED);
  EXPECT_EQ(event.count(), 4u);
  EXPECT_EQ(event.first_id(), 2u);
  EXPECT_EQ(me.Stats().ledger().voided(), 4u);
  EXPECT_EQ(me.Stats().ledger().in_flight(), 0u);
  me.ExpectBalance();
  me.Send(6, "for the new life");
  const wire::Frame frame = me.SayOne();
  EXPECT_EQ(frame.first(), 1u);
  EXPECT_EQ(frame.items(0).id(), 6u);
}

TEST(RestartOfThePeer, UnderVoidKeepsWhatWasAcceptedBeforeAnySession) {
  Side me(VoidOptions());
  me.Send(1, "early");
  me.Say();
  EXPECT_EQ(me.Open().items(0).id(), 1u);
  EXPECT_EQ(me.CountEvents(Event::PEER_RESTARTED), 0);
}

TEST(RestartOfThePeer, SendsAPartlySentEnvelopeFromItsFirstFragment) {
  Side me;
  me.Say();
  me.Open(kFragmentBytes + kEnvelopeOverhead);
  me.Send(1, std::string(3 * kFragmentBytes, 'x'));
  EXPECT_EQ(me.SayOne().items(0).fragment().index(), 0u);
  me.peer_life = kNewer;
  Header header = me.FromPeer();
  header.credit = 1 << 20;
  me.Hear(header);
  const std::vector<wire::Frame> frames = me.Say();
  ASSERT_EQ(frames.size(), 3u);
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(frames[i].first(), i + 1);
    EXPECT_EQ(frames[i].items(0).fragment().index(), i);
  }
}

TEST(RestartOfThePeer, LeavesTheInboxWhichNarrowsTheNewWindow) {
  Side me;
  me.Say();
  me.Open();
  Header header = me.FromPeer();
  me.Hear(header, Items({"old one", "old two"}));
  me.Say();
  me.peer_life = kNewer;
  header = me.FromPeer();
  me.Hear(header, Items({"new"}));
  wire::Frame frame = me.Say().back();
  const uint64_t old_cost = 14 + 2 * kEnvelopeOverhead;
  EXPECT_EQ(frame.received(), 1u);
  EXPECT_EQ(frame.taken(), 0u);
  EXPECT_EQ(frame.credit(), me.options.inbox_budget_bytes - old_cost);
  ASSERT_EQ(me.inbox.size(), 3u);
  EXPECT_EQ(me.inbox[0].msg, "old one");
  EXPECT_EQ(me.inbox[0].life, (Life{200, 2}));
  EXPECT_EQ(me.inbox[2].life, kNewer);
  me.Take();
  me.Take();
  frame = me.SayOne();
  EXPECT_EQ(frame.taken(), 0u);
  EXPECT_EQ(frame.credit(), me.options.inbox_budget_bytes);
  me.Take();
  EXPECT_EQ(me.SayOne().taken(), 1u);
}

TEST(RestartOfThePeer, DropsHalfAnEnvelopeAndWhatCameEarly) {
  Side me;
  me.Say();
  me.Open();
  Item fragment;
  const std::string msg(kFragmentBytes, 'x');
  fragment.msg = msg;
  fragment.count = 2;
  fragment.total_bytes = 2 * kFragmentBytes;
  std::string items;
  AppendItem(fragment, &items);
  me.Hear(me.FromPeer(), items);
  Header early = me.FromPeer();
  early.first = 3;
  me.Hear(early, Items({"early"}));
  me.peer_life = kNewer;
  me.Hear(me.FromPeer(), Items({"new one", "new two"}));
  ASSERT_EQ(me.delivered.size(), 2u);
  EXPECT_EQ(me.delivered[0].msg, "new one");
}

// What is known of the old life's acknowledgements is not of the new one.
TEST(RestartOfThePeer, LeavesNoTrustInAcknowledgementsOfTheOldLife) {
  Side me;
  SendSome(me);
  Header late = me.FromPeer();
  late.received = late.taken = 3;
  Restart(me);
  me.Hear(late, Items({"from the grave"}));
  EXPECT_EQ(me.link.unsettled(), 3u);
  EXPECT_TRUE(me.delivered.empty());
  EXPECT_EQ(me.Refused(Refusal::STALE), 1u);
}

TEST(RestartOfThePeer, IsNoRestartAfterItLeft) {
  Side me;
  me.Say();
  me.Open();
  Header leave = me.FromPeer();
  leave.leave = true;
  me.Hear(leave);
  me.Send(1, "for the next");
  EXPECT_EQ(Restart(me).items(0).id(), 1u);
  EXPECT_EQ(me.CountEvents(Event::PEER_RESTARTED), 0);
  EXPECT_EQ(me.CountEvents(Event::PEER_UP), 2);
}

TEST(RestartOfThePeer, IsSeenInHalfToo) {
  Side me;
  me.Say();
  me.Hear(me.Answer());
  me.Send(1, "bound");
  me.peer_life = kNewer;
  me.Hear(me.Answer());
  EXPECT_EQ(me.link.phase(), Phase::kHalf);
  EXPECT_EQ(me.OnlyEvent(Event::PEER_RESTARTED).count(), 1u);
}

TEST(NewPeer, WithASmallerLimitGetsTheLargerOnesVoided) {
  for (const bool restart : {false, true}) {
    Side me;
    me.Say();
    if (restart) me.Open(0);
    me.Send(1, "small");
    me.Send(2, std::string(70000, 'x'));
    me.Send(3, std::string(101, 'x'));
    me.Send(4, std::string(100, 'x'));
    me.TakeEvents();
    me.peer_life = kNewer;
    Header header = me.FromPeer();
    header.hello->set_max_envelope_bytes(100);
    header.credit = 1 << 20;
    me.Hear(header);
    const wire::Frame frame = me.SayOne();
    EXPECT_EQ(frame.first(), 1u);
    ASSERT_EQ(frame.items_size(), 2);
    EXPECT_EQ(frame.items(0).id(), 1u);
    EXPECT_EQ(frame.items(1).id(), 4u);
    const Event event = me.OnlyEvent(Event::ENVELOPES_VOIDED);
    EXPECT_EQ(event.count(), 2u);
    EXPECT_EQ(event.bytes(), 70101u);
    EXPECT_EQ(event.first_id(), 2u);
    EXPECT_EQ(event.detail(), "the peer takes msgs of at most 100 bytes");
    EXPECT_EQ(me.Stats().ledger().voided(), 2u);
    me.ExpectBalance();
  }
}

// What a life allowed binds nobody once it is not heard any more.
TEST(SilentPeer, WithASmallerLimitBindsNobody) {
  for (const bool returns : {false, true}) {
    Side me;
    Header header = me.FromPeer();
    header.hello->set_max_envelope_bytes(100);
    header.credit = 1 << 20;
    me.Say();
    me.Hear(header);
    me.Say();
    EXPECT_EQ(me.link.MaxEnvelope(), 100u);
    me.Send(1, "cut before");
    me.Say();
    me.Pass(2 * kSecond + 1);
    ASSERT_EQ(me.link.state(), PeerStats::SILENT);
    EXPECT_EQ(me.link.MaxEnvelope(), me.options.max_envelope_bytes);
    me.Send(2, std::string(70000, 'x'));
    me.Send(3, "goes");
    for (const wire::Frame& frame : me.Say()) EXPECT_EQ(frame.items_size(), 0);
    if (!returns) {
      me.peer_life = kNewer;
      EXPECT_GT(me.Open().items_size(), 0);
      EXPECT_EQ(me.CountEvents(Event::ENVELOPES_VOIDED), 0);
      EXPECT_EQ(me.link.unsettled(), 3u);
      continue;
    }
    header = me.FromPeer();
    header.hello.reset();
    header.credit = 1 << 20;
    me.Hear(header);
    EXPECT_EQ(me.link.MaxEnvelope(), 100u);
    EXPECT_EQ(me.link.unsettled(), 3u) << "one is on its way";
    header = me.FromPeer();
    header.hello.reset();
    header.credit = 1 << 20;
    header.received = header.taken = 1;
    me.Hear(header);
    EXPECT_EQ(me.OnlyEvent(Event::ENVELOPES_VOIDED).first_id(), 2u);
    const wire::Frame frame = me.SayOne();
    EXPECT_EQ(frame.first(), 2u);
    ASSERT_EQ(frame.items_size(), 1);
    EXPECT_EQ(frame.items(0).id(), 3u);
    EXPECT_EQ(me.Stats().ledger().voided(), 1u);
    me.ExpectBalance();
  }
}

// ---- What a frame changed, as its caller is told ----------------------------

TEST(Effects, AreDeliveryOfItemsAndRoomForWhatWasTaken) {
  Side me;
  me.Open();
  ASSERT_TRUE(me.Send(1, "mine"));
  me.Say();
  me.Hear(me.FromPeer());
  EXPECT_TRUE(me.effects.runs.empty());
  EXPECT_FALSE(me.effects.freed);
  Header header = me.FromPeer();
  me.Hear(header, Items({"theirs"}));
  EXPECT_FALSE(me.effects.runs.empty());
  me.Hear(header, Items({"theirs"}));
  EXPECT_TRUE(me.effects.runs.empty()) << "it was here already";
  header = me.FromPeer();
  header.received = 1;
  me.Hear(header);
  EXPECT_FALSE(me.effects.freed) << "received, and not taken";
  header = me.FromPeer();
  header.received = header.taken = 1;
  me.Hear(header);
  EXPECT_TRUE(me.effects.freed);
  EXPECT_FALSE(me.effects.newer_self);
}

TEST(Effects, OfARestartUnderVoidAreRoom) {
  LinkOptions options = Side::DefaultOptions();
  options.void_on_restart = true;
  Side me(options);
  me.Open();
  ASSERT_TRUE(me.Send(1, "mine"));
  me.Say();
  me.peer_life = kNewer;
  me.Hear(me.Answer());
  EXPECT_TRUE(me.effects.freed);
}

// An event about a life comes before its envelopes, or after them.
TEST(Effects, AreInTheOrderInWhichTheyHappened) {
  Side me;
  me.Open();
  me.peer_life = kNewer;
  Header header = me.FromPeer();
  header.leave = true;
  me.Hear(header, Items({"the last"}));
  ASSERT_EQ(me.effects.events_before.size(), 1u);
  EXPECT_EQ(me.effects.events_before[0].kind(), Event::PEER_RESTARTED);
  EXPECT_EQ(me.effects.runs.size(), 1u);
  ASSERT_EQ(me.effects.events_after.size(), 1u);
  EXPECT_EQ(me.effects.events_after[0].kind(), Event::PEER_LEFT);
}

TEST(Effects, OfANewerLifeOfOursAreNothingElse) {
  Side me;
  me.Open();
  Header header = me.FromPeer();
  header.dst.start_us += 1;
  EXPECT_TRUE(me.Hear(header, Items({"for another"})));
  EXPECT_TRUE(me.effects.runs.empty());
  EXPECT_TRUE(me.inbox.empty());
}

// ---- Two of them -----------------------------------------------------------

TEST(Pair, GoesOnWithTheNewLifeFromWhatWasNotTaken) {
  Pair pair;
  pair.Open();
  pair.reads_at_once = false;
  for (uint64_t id = 1; id <= 5; ++id) pair.a.Send(id, "x");
  pair.Pass(10 * kMilli);
  EXPECT_EQ(pair.b().inbox.size(), 5u);
  pair.b().Take();
  pair.b().Take();
  pair.Pass(10 * kMilli);
  pair.RestartB({300, 1});
  pair.Pass(kSecond);
  EXPECT_EQ(pair.a.OnlyEvent(Event::PEER_RESTARTED).first_id(), 3u);
  ASSERT_EQ(pair.b().inbox.size(), 3u);
  EXPECT_EQ(pair.b().inbox[0].id, 3u);
}

// A duplicate of the former life's HELLO comes when that life is gone.
TEST(Pair, MakesNoSessionOfALateHelloOfAFormerLife) {
  Side me;
  me.Say();
  const Header recorded = me.Hello();
  me.peer_life = kNewer;
  me.Open();
  me.Hear(recorded);
  EXPECT_EQ(LifeOf(me.Say().back().dst()), kNewer);

  Side fresh;  // Who has heard neither.
  fresh.Say();
  fresh.Hear(recorded);
  EXPECT_EQ(fresh.link.phase(), Phase::kNone);
  EXPECT_FALSE(fresh.link.held_session());
}

}  // namespace
}  // namespace raft_cluster::internal
