#include "raft/testing/history.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/received.h"
#include "raft/testing/testing_history.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kVoid = History::OnRestart::kVoid;

TEST_F(HistoryTest, NothingSentAndNothingTakenIsFine) { ExpectOk(); }

TEST_F(HistoryTest, UnicastAndBroadcastThatArriveInOneOrderAreFine) {
  const uint64_t one = Send(2);
  const uint64_t all = Send(kBroadcast, {1, 1}, 2);
  const uint64_t two = Send(2);
  Take({2, 1}, one);
  TakeBroadcast({2, 1}, all);
  Take({2, 1}, two);
  TakeBroadcast({3, 1}, all);
  history_.SetAccount({1, 1}, 2, {3, 3});
  history_.SetAccount({1, 1}, 3, {1, 1});
  ExpectOk();
}

TEST_F(HistoryTest, WhatNobodySentIsFromNowhere) {
  Take({2, 1}, history_.NextId());
  ExpectOnly(Verdict::kFromNowhere);
}

TEST_F(HistoryTest, WhatWasRefusedMustNotArrive) {
  Take({2, 1}, Send(2, {1, 1}, /*accepted=*/0));
  ExpectOnly(Verdict::kRefused);
}

TEST_F(HistoryTest, AnotherFromThanTheSendersIsWrong) {
  Take({2, 1}, Send(2), /*from=*/3);
  ExpectOnly(Verdict::kWrongFrom);
}

TEST_F(HistoryTest, AUnicastThatComesAsBroadcastIsWrong) {
  TakeBroadcast({2, 1}, Send(2));
  ExpectOnly(Verdict::kWrongTo);
}

TEST_F(HistoryTest, WhatAnotherServerTakesIsMisdelivered) {
  Take({3, 1}, Send(2));
  ExpectOnly(Verdict::kMisdelivered);
}

TEST_F(HistoryTest, ABroadcastThatComesBackToItsSenderIsMisdelivered) {
  TakeBroadcast({1, 1}, Send(kBroadcast, {1, 1}, 2));
  ExpectOnly(Verdict::kMisdelivered);
}

TEST_F(HistoryTest, OtherBytesAreDamaged) {
  const uint64_t id = Send(2);
  ReceiverOf({2, 1}).Took(1, 2, id, "x");
  ExpectOnly(Verdict::kDamaged);
}

TEST_F(HistoryTest, TwiceInOneLifeIsADuplicate) {
  const uint64_t id = Send(2);
  TakeMany({2, 1}, {id, id});
  ExpectOnly(Verdict::kDuplicate);
}

TEST_F(HistoryTest, TwiceInOneLifeByTwoThreadsIsADuplicate) {
  const uint64_t id = Send(2);
  for (int thread = 0; thread < 2; ++thread) {
    history_.AddReceiver({2, 1}).Took(1, 2, id, std::to_string(id));
  }
  ExpectOnly(Verdict::kDuplicate);
}

TEST_F(HistoryTest, TheWrongOrderIsReordered) {
  const auto ids = SendMany(3, 2);
  TakeMany({2, 1}, {ids[0], ids[2], ids[1]});
  ExpectOnly(Verdict::kReordered);
}

TEST_F(HistoryTest, ABroadcastThatOvertakesAUnicastIsReordered) {
  const uint64_t one = Send(2);
  const uint64_t all = Send(kBroadcast, {1, 1}, 2);
  TakeBroadcast({2, 1}, all);
  Take({2, 1}, one);
  ExpectOnly(Verdict::kReordered);
}

TEST_F(HistoryTest, TwoSendersMayInterleave) {
  const auto first = SendMany(2, 3, {1, 1});
  const auto second = SendMany(2, 3, {2, 1});
  Take({3, 1}, second[0], 2);
  Take({3, 1}, first[0], 1);
  Take({3, 1}, second[1], 2);
  Take({3, 1}, first[1], 1);
  ExpectOk();
}

TEST_F(HistoryTest, TwoThreadsOfALifeMayInterleaveButEachKeepsItsOrder) {
  SenderLog& other = history_.AddSender({1, 1});
  const auto ids = SendMany(2, 2);
  const uint64_t by_other = history_.NextId();
  other.Sent(2, by_other, std::to_string(by_other), 1);
  TakeMany({2, 1}, {ids[0], by_other, ids[1]});
  ExpectOk();
}

TEST_F(HistoryTest, TwoTakingThreadsMayShareOutWhatComes) {
  const auto ids = SendMany(4, 2);
  ReceiverLog& other = history_.AddReceiver({2, 1});
  TakeMany({2, 1}, {ids[0], ids[3]});
  other.Took(1, 2, ids[1], std::to_string(ids[1]));
  other.Took(1, 2, ids[2], std::to_string(ids[2]));
  ExpectOk();
}

TEST_F(HistoryTest, PassingOverOneIsAGap) {
  const auto ids = SendMany(3, 2);
  TakeMany({2, 1}, {ids[0], ids[2]});
  ExpectOnly(Verdict::kGap);
}

TEST_F(HistoryTest, NotBeginningWithTheFirstIsAGap) {
  const auto ids = SendMany(2, 2);
  Take({2, 1}, ids[1]);
  ExpectOnly(Verdict::kGap);
  ExpectOnly(Verdict::kGap, kVoid);
}

TEST_F(HistoryTest, AnUntakenTailIsFineWhereTheLedgerKnowsOfIt) {
  const auto ids = SendMany(5, 2);
  TakeMany({2, 1}, {ids[0], ids[1], ids[2]});
  history_.SetAccount({1, 1}, 2, {/*accepted=*/5, /*taken=*/2});
  ExpectOk();
}

TEST_F(HistoryTest, AnUntakenTailThatTheLedgerCallsTakenIsLost) {
  const auto ids = SendMany(5, 2);
  TakeMany({2, 1}, {ids[0], ids[1], ids[2]});
  history_.SetAccount({1, 1}, 2, {5, 5});
  ExpectOnly(Verdict::kLost);
}

TEST_F(HistoryTest, EverythingLostIsLostThoughNobodyTookAnything) {
  SendMany(5, 2);
  history_.SetAccount({1, 1}, 2, {5, 5});
  ExpectOnly(Verdict::kLost);
}

TEST_F(HistoryTest, ALedgerThatAcceptedAnotherNumberIsFound) {
  SendMany(2, 2);
  for (uint64_t accepted : {1, 3}) {
    history_.SetAccount({1, 1}, 2, {accepted, /*taken=*/0});
    ExpectOnly(Verdict::kAccount);
  }
}

TEST_F(HistoryTest, ABroadcastThatSkippedOneMayBeMissingThere) {
  const uint64_t skipped = Send(kBroadcast, {1, 1}, /*accepted=*/1, 1);
  const uint64_t all = Send(kBroadcast, {1, 1}, 2);
  TakeBroadcast({2, 1}, skipped);
  TakeBroadcast({2, 1}, all);
  TakeBroadcast({3, 1}, all);
  history_.SetAccount({1, 1}, 2, {2, 2});
  history_.SetAccount({1, 1}, 3, {1, 1});
  ExpectOk();
}

TEST_F(HistoryTest, ABroadcastTakenByMoreThanAcceptedItIsFound) {
  const uint64_t skipped = Send(kBroadcast, {1, 1}, /*accepted=*/1, 1);
  TakeBroadcast({2, 1}, skipped);
  TakeBroadcast({3, 1}, skipped);
  ExpectOnly(Verdict::kSkipped);
}

TEST_F(HistoryTest, ARestartedReceiverMayTakeTheTailAgain) {
  const auto ids = SendMany(4, 2);
  TakeMany({2, 1}, {ids[0], ids[1], ids[2]});
  TakeMany({2, 2}, {ids[1], ids[2], ids[3]});
  history_.SetAccount({1, 1}, 2, {4, 4});
  ExpectOk();
  ExpectOnly(Verdict::kDuplicate, kVoid);
}

TEST_F(HistoryTest, ARestartedReceiverMustGetWhatItsOldLifeDidNot) {
  const auto ids = SendMany(4, 2);
  TakeMany({2, 1}, {ids[0], ids[1]});
  TakeMany({2, 2}, {ids[3]});
  ExpectOnly(Verdict::kGap);
}

TEST_F(HistoryTest, UnderVoidAGapBetweenTwoLivesIsFine) {
  const auto ids = SendMany(4, 2);
  TakeMany({2, 1}, {ids[0], ids[1]});
  TakeMany({2, 2}, {ids[3]});
  history_.SetAccount({1, 1}, 2, {/*accepted=*/4, /*taken=*/3});
  ExpectOk(kVoid);
}

TEST_F(HistoryTest, UnderVoidAGapWithinALifeIsNot) {
  const auto ids = SendMany(4, 2);
  TakeMany({2, 1}, {ids[0]});
  TakeMany({2, 2}, {ids[1], ids[3]});
  ExpectOnly(Verdict::kGap, kVoid);
}

TEST_F(HistoryTest, AnOldLifeOfASenderMayNotSpeakAfterANewOne) {
  const uint64_t old_one = Send(2, {1, 1});
  const uint64_t new_one = Send(2, {1, 2});
  TakeMany({2, 1}, {new_one, old_one});
  ExpectOnly(Verdict::kOldLife);
}

TEST_F(HistoryTest, ANewLifeOfASenderMayCutOffTheOldOnesTail) {
  const auto old_ones = SendMany(3, 2, {1, 1});
  const auto new_ones = SendMany(2, 2, {1, 2});
  TakeMany({2, 1}, {old_ones[0], new_ones[0], new_ones[1]});
  ExpectOk();
}

TEST_F(HistoryTest, ALifeHasOneIncarnation) {
  const auto ids = SendMany(2, 2);
  Take({2, 1}, ids[0], 1, /*life=*/77);
  Take({2, 1}, ids[1], 1, /*life=*/78);
  ExpectOnly(Verdict::kIncarnation);
}

TEST_F(HistoryTest, TwoLivesHaveTwoIncarnations) {
  Take({2, 1}, Send(2, {1, 1}), 1, /*life=*/77);
  Take({2, 1}, Send(2, {1, 2}), 1, /*life=*/77);
  ExpectOnly(Verdict::kIncarnation);
}

TEST_F(HistoryTest, AnIdThatIsUsedTwiceIsTheTestsMistake) {
  SenderOf({1, 1}).Sent(2, 5, "5", 1);
  SenderOf({1, 1}).Sent(2, 5, "5", 1);
  ExpectOnly(Verdict::kIdUsedTwice);
}

TEST_F(HistoryTest, TheReportNamesWhoWhatAndHowOften) {
  const auto ids = SendMany(40, 2);
  for (uint64_t id : ids) TakeMany({2, 1}, {id, id});
  const Verdict verdict = history_.Judge();
  EXPECT_THAT(verdict.violations, SizeIs(20));
  std::ostringstream report;
  report << verdict;
  EXPECT_THAT(report.str(), HasSubstr("40 sent, 80 taken: not as promised"));
  EXPECT_THAT(report.str(), HasSubstr("duplicate: 40\n"));
  EXPECT_THAT(report.str(),
              HasSubstr("duplicate: 2.1 took #1 (1 bytes, number 1 of 1.1, "
                        "to 2) again\n"));
}

TEST_F(HistoryTest, TheReportOfAGapNamesBothEnds) {
  const auto ids = SendMany(5, 2);
  TakeMany({2, 1}, {ids[0], ids[4]});
  const Verdict verdict = history_.Judge();
  ASSERT_THAT(verdict.violations, SizeIs(1));
  EXPECT_THAT(verdict.violations[0].text,
              HasSubstr("2.1 took #5 (1 bytes, number 5 of 1.1, to 2) and "
                        "passed over 3: from #2 "));
}

}  // namespace
}  // namespace raft_cluster::internal
