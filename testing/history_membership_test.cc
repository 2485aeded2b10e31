// How a history is judged in which peers are removed, added and moved.
#include <cstdint>

#include "gtest/gtest.h"
#include "raft/testing/history.h"
#include "raft/testing/testing_history.h"

namespace raft_cluster::internal {
namespace {

constexpr auto kVoid = History::OnRestart::kVoid;
constexpr auto kRemoved = MembershipMark::kRemoved;
constexpr auto kAdded = MembershipMark::kAdded;
constexpr auto kMoved = MembershipMark::kMoved;

class HistoryOfMembers : public HistoryTest {};

TEST_F(HistoryOfMembers, WhatWaitsForAPeerThatIsRemovedMayBeLost) {
  const auto before = SendMany(3, 2);
  SenderOf({1, 1}).Changed(2, kRemoved);
  SenderOf({1, 1}).Changed(2, kAdded);
  const auto after = SendMany(2, 2);
  TakeMany({2, 1}, {before[0], after[0], after[1]});
  ExpectOk();
  ExpectOk(kVoid);
}

TEST_F(HistoryOfMembers, NothingElseMayBeLostByARemoval) {
  const auto before = SendMany(3, 2);
  SenderOf({1, 1}).Changed(2, kRemoved);
  SenderOf({1, 1}).Changed(2, kAdded);
  const auto after = SendMany(3, 2);
  TakeMany({2, 1}, {before[0], before[2], after[0]});
  ExpectOnly(Verdict::kGap);
  const auto later = SendMany(1, 2);
  TakeMany({2, 1}, {after[2], later[0]});
  EXPECT_EQ(history_.Judge().counts.at(Verdict::kGap), 2u);
}

TEST_F(HistoryOfMembers, ABroadcastIsNotMeantForWhoIsNotThere) {
  SenderOf({1, 1}).Changed(2, kRemoved);
  const uint64_t all = Send(kBroadcast);
  SenderOf({1, 1}).Changed(2, kAdded);
  const uint64_t one = Send(2);
  TakeBroadcast({3, 1}, all);
  Take({2, 1}, one);
  ExpectOk();
  history_.SetAccount({1, 1}, 2, {/*accepted=*/1, /*taken=*/1});
  ExpectOk();
  TakeBroadcast({2, 1}, all);
  ExpectOnly(Verdict::kMisdelivered);
}

// It has it still, and voids it only where the options say so.
TEST_F(HistoryOfMembers,
       AReceiverThatRemovesItsSenderLosesNothingUnlessItIsVoid) {
  const auto ids = SendMany(4, 2);
  Take({2, 1}, ids[0]);
  ReceiverOf({2, 1}).Changed(1, kRemoved);
  ReceiverOf({2, 1}).Changed(1, kAdded);
  TakeMany({2, 1}, {ids[2], ids[3]});
  ExpectOk(kVoid);
  ExpectOnly(Verdict::kGap);
}

TEST_F(HistoryOfMembers,
       UnderVoidOnlyTheFirstAfterARemovalMayPassSomethingOver) {
  const auto ids = SendMany(5, 2);
  Take({2, 1}, ids[0]);
  ReceiverOf({2, 1}).Changed(1, kRemoved);
  ReceiverOf({2, 1}).Changed(1, kAdded);
  TakeMany({2, 1}, {ids[2], ids[4]});
  ExpectOnly(Verdict::kGap, kVoid);
}

TEST_F(HistoryOfMembers, NobodyTakesTwiceWhoeverRemovesWhom) {
  const auto ids = SendMany(2, 2);
  Take({2, 1}, ids[0]);
  SenderOf({1, 1}).Changed(2, kRemoved);
  SenderOf({1, 1}).Changed(2, kAdded);
  ReceiverOf({2, 1}).Changed(1, kRemoved);
  ReceiverOf({2, 1}).Changed(1, kAdded);
  TakeMany({2, 1}, {ids[0], ids[1]});
  ExpectOnly(Verdict::kDuplicate);
}

TEST_F(HistoryOfMembers, APeerThatWasMovedMayTakeAgainWhatItHadBefore) {
  const auto before = SendMany(2, 2);
  TakeMany({2, 1}, before);
  SenderOf({1, 1}).Changed(2, kMoved);
  const auto after = SendMany(2, 2);
  TakeMany({2, 1}, {before[0], before[1], after[0]});
  ExpectOk();
  Take({2, 1}, after[0]);
  ExpectOnly(Verdict::kDuplicate);
}

// Of the one that it was before the move the newer life is not known any more.
TEST_F(HistoryOfMembers, AnOlderLifeOfOneThatWasMovedMayComeBack) {
  const auto older = SendMany(2, 2, {1, 1});
  TakeMany({2, 1}, older);
  Take({2, 1}, Send(2, {1, 2}));
  for (int i = 0; i < 2; ++i) ReceiverOf({2, 1}).Changed(1, kMoved);
  TakeMany({2, 1}, older);
  ExpectOk();
}

TEST_F(HistoryOfMembers, NobodyElseTakesTwiceAfterAMove) {
  const auto ids = SendMany(2, 2);
  TakeMany({2, 1}, ids);
  for (int i = 0; i < 2; ++i) ReceiverOf({2, 1}).Changed(1, kMoved);
  Take({2, 1}, ids[1]);
  ExpectOnly(Verdict::kDuplicate);
}

}  // namespace
}  // namespace raft_cluster::internal
