// Items within a session: the rows of the protocol's table about what is sent,
// acknowledged, granted, delivered and taken.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

constexpr uint64_t kCost = 100 + kEnvelopeOverhead;
const std::string& Msg100() {
  static const auto* const msg = new std::string(100, 'm');
  return *msg;
}

// In a session, both know it, nothing is owed.
class InOpen : public testing::Test {
 protected:
  InOpen() {
    me.Say();
    me.Open();
    me.Pass(kMilli);  // So that stamps are the time again.
  }

  // The peer acknowledges.
  void Acknowledge(uint64_t received, uint64_t taken) {
    Header header = me.FromPeer();
    header.received = received;
    header.taken = taken;
    me.Hear(header);
  }

  void HearItems(uint64_t first, const std::vector<std::string>& msgs) {
    Header header = me.FromPeer();
    header.first = first;
    me.Hear(header, Items(msgs));
  }

  // One frame each, whatever is in flight.
  void SendFrames(int count) {
    for (int i = 0; i < count; ++i) {
      me.Send(static_cast<uint64_t>(i + 1), Msg100());
      me.Pass(kMilli);
      EXPECT_EQ(me.SayOne().items_size(), 1);
    }
  }

  Side me;
};

// ---- What a frame of the session says about ours ---------------------------

TEST_F(InOpen, ReceivedStopsNothingButTheSendingAndTakenSettles) {
  SendFrames(3);
  const uint64_t held = me.link.held_bytes();
  Acknowledge(3, 0);
  EXPECT_EQ(me.link.unsettled(), 3u);
  EXPECT_EQ(me.link.held_bytes(), held) << "it may still be needed";
  Acknowledge(3, 2);
  EXPECT_EQ(me.link.unsettled(), 1u);
  EXPECT_EQ(me.Stats().ledger().taken(), 2u);
  Acknowledge(3, 3);
  EXPECT_EQ(me.link.held_bytes(), 0u);
  me.ExpectBalance();
}

TEST_F(InOpen, AFrameThatComesLateTakesNothingBack) {
  SendFrames(3);
  Header late = me.FromPeer();
  Acknowledge(3, 2);
  late.credit = late.received = late.taken = 0;
  late.echo = 0;
  me.Hear(late);
  EXPECT_EQ(me.link.unsettled(), 1u);
  me.Send(4, Msg100());
  EXPECT_EQ(me.SayOne().items(0).id(), 4u) << "the credit is still there";
}

TEST_F(InOpen, AFrameWithALowerStampCounts) {
  Header late = me.FromPeer();
  HearItems(2, {"second"});
  late.first = 1;
  me.Hear(late, Items({"first"}));
  EXPECT_EQ(me.delivered.size(), 2u);
  EXPECT_EQ(me.SayOne().echo(), me.peer_stamp) << "the highest, all the same";
}

TEST_F(InOpen, WhatAcknowledgesMoreThanWasSentIsCountedAndDropped) {
  SendFrames(2);
  Header header = me.FromPeer();
  header.received = 3;
  header.taken = 2;
  me.Hear(header, Items({"with it"}));
  EXPECT_EQ(me.Refused(Refusal::NEVER_SENT), 1u);
  EXPECT_EQ(me.link.unsettled(), 2u);
  EXPECT_TRUE(me.delivered.empty());
}

// ---- Items that arrive -----------------------------------------------------

TEST_F(InOpen, TheNextItemsGoToTheInboxAndTheAckMayWaitForAMillisecond) {
  HearItems(1, {"one", "two"});
  ASSERT_EQ(me.delivered.size(), 2u);
  EXPECT_EQ(me.delivered[1].msg, "two");
  EXPECT_TRUE(me.Quiet(/*sleeping=*/false));
  EXPECT_EQ(me.Deadline(), me.now + kMilli);
  me.Pass(kMilli);
  const wire::Frame ack = me.SayOne(/*sleeping=*/false);
  EXPECT_EQ(ack.received(), 2u);
  EXPECT_EQ(ack.taken(), 0u);
  EXPECT_EQ(ack.echo(), me.peer_stamp);
  EXPECT_FALSE(ack.ask());
}

TEST_F(InOpen, TheAckGoesAtOnceWhereNothingElseIsGoingToHappen) {
  HearItems(1, {"one"});
  EXPECT_EQ(me.SayOne(/*sleeping=*/true).received(), 1u);
}

TEST_F(InOpen, TheAckRidesOnDataThatGoesAnyway) {
  HearItems(1, {"one"});
  me.Send(1, "back");
  const wire::Frame frame = me.SayOne();
  EXPECT_EQ(frame.items_size(), 1);
  EXPECT_EQ(frame.received(), 1u);
}

TEST_F(InOpen, AnEarlyItemIsKeptOnceAndAcknowledgedAtOnce) {
  for (int i = 0; i < 2; ++i) {
    HearItems(2, {"second"});
    EXPECT_EQ(me.SayOne(/*sleeping=*/false).received(), 0u);
  }
  EXPECT_TRUE(me.delivered.empty());
  HearItems(1, {"first"});
  ASSERT_EQ(me.delivered.size(), 2u);
  EXPECT_EQ(me.delivered[1].msg, "second");
  EXPECT_EQ(me.SayOne().received(), 2u);
}

TEST_F(InOpen, ARepeatedItemIsDroppedAndAcknowledgedAtOnce) {
  HearItems(1, {"one"});
  me.Say();
  HearItems(1, {"one"});
  EXPECT_EQ(me.delivered.size(), 1u);
  EXPECT_EQ(me.SayOne(/*sleeping=*/false).received(), 1u);
  EXPECT_EQ(me.Stats().received(), 1u);
}

TEST_F(InOpen, AHeaderThatTellsOfAMissingItemIsAnsweredAtOnce) {
  Header header = me.FromPeer();
  header.first = 2;
  me.Hear(header);
  EXPECT_EQ(me.SayOne(/*sleeping=*/false).received(), 0u);
}

TEST_F(InOpen, AnItemBeyondTheGrantIsDroppedAndCounted) {
  const std::vector<std::string> many(17, std::string(60000, 'x'));
  HearItems(1, many);  // 1,021,088 of 1,048,576.
  HearItems(18, {std::string(60000, 'x')});
  HearItems(19, {std::string(60000, 'x')});
  EXPECT_EQ(me.delivered.size(), 17u);
  EXPECT_EQ(me.Refused(Refusal::BEYOND_WINDOW), 2u);
}

TEST_F(InOpen, AnEnvelopeAboveTheLimitIsDroppedAndCounted) {
  Item fragment;
  const std::string msg(kFragmentBytes, 'x');
  fragment.msg = msg;
  fragment.count = 16;
  fragment.total_bytes = 16 * kFragmentBytes;
  std::string items;
  AppendItem(fragment, &items);
  me.Hear(me.FromPeer(), items);
  EXPECT_EQ(me.Refused(Refusal::TOO_LARGE), 1u);
}

TEST_F(InOpen, TakingMovesTakenAndTheGrantWhichIsSaidWithinAMillisecond) {
  HearItems(1, {"four", "five5"});
  const uint64_t granted = me.SayOne().credit();
  me.Take();
  EXPECT_TRUE(me.Quiet(/*sleeping=*/false));
  me.Pass(kMilli);
  wire::Frame frame = me.SayOne(/*sleeping=*/false);
  EXPECT_EQ(frame.taken(), 1u);
  EXPECT_EQ(frame.credit(), granted + 4 + kEnvelopeOverhead);
  me.Take();
  frame = me.SayOne(/*sleeping=*/true);
  EXPECT_EQ(frame.taken(), 2u);
  EXPECT_EQ(frame.credit(), granted + 9 + 2 * kEnvelopeOverhead);
  EXPECT_EQ(me.Stats().received_taken(), 2u);
}

TEST_F(InOpen, AQuarterOfTheWindowIsGrantedAtOnce) {
  HearItems(1, std::vector<std::string>(5, std::string(60000, 'x')));
  me.Say();
  for (int i = 0; i < 4; ++i) me.Take();
  EXPECT_TRUE(me.Quiet(/*sleeping=*/false));
  me.Take();
  EXPECT_FALSE(me.Quiet(/*sleeping=*/false));
}

// ---- What we send, and when ------------------------------------------------

TEST_F(InOpen, AQuietLinkSendsAtOnceAndABusyOneGathersForAMillisecond) {
  me.Send(1, "first");
  EXPECT_EQ(me.SayOne(/*sleeping=*/false).items_size(), 1);
  me.Send(2, "second");
  me.Pass(kMilli / 2);
  me.Send(3, "third");
  EXPECT_TRUE(me.Quiet());
  EXPECT_EQ(me.Deadline(), me.now + kMilli / 2);
  me.Pass(kMilli / 2);
  const wire::Frame frame = me.SayOne();
  EXPECT_EQ(frame.items_size(), 2);
  EXPECT_EQ(frame.first(), 2u);
}

TEST_F(InOpen, ABusyLinkSendsWhenWhatIsInFlightHasArrived) {
  me.Send(1, "first");
  me.Say();
  me.Send(2, "second");
  EXPECT_TRUE(me.Quiet());
  Acknowledge(1, 0);
  EXPECT_EQ(me.SayOne(/*sleeping=*/false).items(0).id(), 2u);
}

TEST_F(InOpen, ABusyLinkSendsWhenAFrameIsFull) {
  me.Send(1, "first");
  me.Say();
  for (uint64_t id = 2; id < 12; ++id) me.Send(id, std::string(10000, 'x'));
  const wire::Frame frame = me.SayOne(/*sleeping=*/false);
  EXPECT_GT(frame.ByteSizeLong(), 50000u);
  EXPECT_LE(frame.ByteSizeLong(), kMaxFrameBytes);
}

TEST_F(InOpen, ABusyLinkGathersForNoLongerThanARoundTrip) {
  me.Send(1, "first");
  me.Say();
  me.Pass(200);
  Acknowledge(1, 1);
  EXPECT_EQ(me.Stats().round_trip_us(), 200u);
  me.Send(2, "second");
  me.Say();
  me.Send(3, "third");
  me.Pass(199);
  EXPECT_TRUE(me.Quiet());
  me.Pass(1);
  EXPECT_FALSE(me.Quiet());
}

TEST_F(InOpen, ALargeEnvelopeTravelsInFragments) {
  constexpr size_t kLast = 3000;
  me.Send(1, std::string(3 * kFragmentBytes + kLast, 'L'));
  const std::vector<wire::Frame> frames = me.Say();
  ASSERT_EQ(frames.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    const wire::Item& item = frames[static_cast<size_t>(i)].items(0);
    EXPECT_EQ(frames[static_cast<size_t>(i)].first(),
              static_cast<uint64_t>(i + 1));
    EXPECT_EQ(item.fragment().index(), static_cast<uint32_t>(i));
    EXPECT_EQ(item.fragment().count(), 4u);
    EXPECT_EQ(item.msg().size(), i < 3 ? kFragmentBytes : kLast);
  }
  Acknowledge(4, 3);
  EXPECT_EQ(me.link.unsettled(), 1u) << "a part of it is no part";
  Acknowledge(4, 4);
  EXPECT_EQ(me.link.unsettled(), 0u);
}

TEST_F(InOpen, StateFramesSayHowFarWeHaveSent) {
  SendFrames(2);
  me.Pass(kSecond);
  EXPECT_EQ(me.SayOne().first(), 3u);
}

// ---- Credit ----------------------------------------------------------------

TEST(Credit, OfAnAnswerIsNone) {
  Side me;
  me.Say();
  me.Send(1, Msg100());
  Header answer = me.Answer();
  answer.credit = 1 << 20;
  me.Hear(answer);
  EXPECT_EQ(me.link.phase(), Phase::kHalf);
  EXPECT_EQ(me.SayOne().items_size(), 0);
}

TEST(Credit, IsAnAbsolutePositionSoThatARepeatGrantsNothing) {
  Side me;
  for (uint64_t id = 1; id <= 3; ++id) me.Send(id, Msg100());
  me.Say();
  EXPECT_EQ(me.Open(2 * kCost).items_size(), 2);
  Header header = me.FromPeer();
  header.credit = 2 * kCost;
  header.received = 2;
  for (int i = 0; i < 3; ++i) {
    me.Hear(header);
    EXPECT_TRUE(me.Quiet());
  }
  header.credit = 3 * kCost - 1;
  me.Hear(header);
  EXPECT_TRUE(me.Quiet()) << "a byte short";
  header.credit = 3 * kCost;
  me.Hear(header);
  const wire::Frame frame = me.SayOne();
  EXPECT_EQ(frame.items_size(), 1);
  EXPECT_EQ(frame.first(), 3u);
}

TEST(Credit, OfAFormerSessionIsNotKept) {
  Side me;
  me.Say();
  me.Open(1 << 20);
  me.peer_life = {300, 3};
  me.peer_stamp = 0;
  me.Send(1, Msg100());
  EXPECT_EQ(me.Open(0).items_size(), 0);
}

TEST(Credit, CountsAFragmentBehindTheFirstWithoutTheEnvelope) {
  Side me;
  me.Send(1, std::string(2 * kFragmentBytes, 'x'));
  me.Say();
  EXPECT_EQ(me.Open(kFragmentBytes + kEnvelopeOverhead).first(), 1u);
  Header header = me.FromPeer();
  header.credit = 2 * kFragmentBytes + kEnvelopeOverhead - 1;
  me.Hear(header);
  EXPECT_TRUE(me.Quiet());
  header.credit += 1;
  me.Hear(header);
  EXPECT_EQ(me.SayOne().first(), 2u);
}

// ---- The outbox ------------------------------------------------------------

TEST(Outbox, HasRoomUpToItsBudgetAndForOneEnvelopeOfAnySize) {
  LinkOptions options = Side::DefaultOptions();
  options.link_budget_bytes = 3 * kCost;
  Side me(options);
  EXPECT_TRUE(me.link.HasRoom(1 << 30)) << "an empty queue admits one";
  EXPECT_TRUE(me.Send(1, Msg100()));
  EXPECT_TRUE(me.link.HasRoom(2 * kCost));
  EXPECT_FALSE(me.link.HasRoom(2 * kCost + 1));
  EXPECT_TRUE(me.Send(2, Msg100()));
  EXPECT_TRUE(me.Send(3, Msg100()));
  EXPECT_FALSE(me.Send(4, ""));
  EXPECT_EQ(me.Stats().ledger().offered(), 4u);
  EXPECT_EQ(me.Stats().ledger().refused(), 1u);
  EXPECT_EQ(me.Stats().queued_bytes(), 3 * kCost);
  me.ExpectBalance();
}

TEST(Outbox, LetsAnEnvelopeJoinOthersOnlyIfThatHurriesNothing) {
  Side me;
  Outgoing next;
  next.msg = Bytes::Copy(Msg100());
  EXPECT_FALSE(me.link.CanJoin(next)) << "there is no session";
  me.Open();
  EXPECT_FALSE(me.link.CanJoin(next)) << "a quiet link sends at once";
  EXPECT_TRUE(me.Send(1, "in flight"));
  EXPECT_EQ(me.Say().size(), 1u);
  EXPECT_FALSE(me.link.CanJoin(next)) << "the first that waits sets the time";
  EXPECT_TRUE(me.Send(2, "waits"));
  const Micros deadline = me.Deadline();
  int joined = 0;
  while (me.link.CanJoin(next)) {
    EXPECT_TRUE(me.Send(3, Msg100()));
    ++joined;
  }
  EXPECT_GT(joined, 500);
  EXPECT_EQ(me.Deadline(), deadline);
  next.msg = Bytes();
  EXPECT_TRUE(me.link.CanJoin(next)) << "there is room for a smaller one";
  EXPECT_TRUE(me.Send(4, Msg100()));
  EXPECT_EQ(me.Deadline(), 0) << "a full frame is due at once";
  EXPECT_TRUE(me.link.CanJoin(next)) << "whoever filled it sees to that";
}

TEST(Outbox, KnowsThePeersLimitWhileASessionIsHeld) {
  Side me;
  me.Say();
  EXPECT_EQ(me.link.MaxEnvelope(), me.options.max_envelope_bytes);
  Header answer = me.Answer();
  answer.hello->set_max_envelope_bytes(5000);
  me.Hear(answer);
  EXPECT_EQ(me.link.MaxEnvelope(), 5000u);
  Header leave = me.FromPeer();
  leave.leave = true;
  me.Hear(leave);
  EXPECT_EQ(me.link.MaxEnvelope(), me.options.max_envelope_bytes);
}

}  // namespace
}  // namespace raft_cluster::internal
