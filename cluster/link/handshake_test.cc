// Headers between given lives: what each of them is, and what is answered.
#include "raft/cluster/link/handshake.h"

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using Verdict = Handshake::Verdict;

constexpr Life kMe{100, 1};
constexpr Life kPeer{200, 2};

LinkOptions Options() {
  LinkOptions options;
  options.cluster = 77;
  options.config_digest = 5;
  options.self = 1;
  options.peer = 2;
  options.self_url = "test://1";
  options.peer_url = "test://2";
  options.inbox_budget_bytes = 1000;
  options.max_envelope_bytes = 100;
  return options;
}

// Of the peer's life `src` to our life `dst`.
Header From(const Life& src, const Life& dst, bool with_hello = true) {
  Header header;
  header.src = src;
  header.dst = dst;
  if (!with_hello) return header;
  header.hello.emplace();
  header.hello->set_version(kNewestVersion);
  header.hello->set_url("test://2");
  header.hello->set_config_digest(5);
  header.hello->set_max_envelope_bytes(100);
  return header;
}

class HandshakeTest : public testing::Test {
 protected:
  Verdict Judge(const Life& src, const Life& dst, bool with_hello = true) {
    return handshake.Judge(From(src, dst, with_hello), /*now=*/1000);
  }

  const LinkOptions options = Options();
  Handshake handshake{options, kMe, /*now=*/0};
};

TEST_F(HandshakeTest, JudgesByLives) {
  EXPECT_EQ(Judge(kPeer, Life()), Verdict::kOtherLife) << "a HELLO";
  EXPECT_EQ(Judge(kPeer, {50, 9}), Verdict::kOtherLife) << "a former one";
  EXPECT_EQ(Judge(kPeer, kMe), Verdict::kNewLife);
  EXPECT_EQ(Judge(kPeer, kMe, /*with_hello=*/false), Verdict::kUnknownLife);
  EXPECT_EQ(Judge(kPeer, {100, 2}), Verdict::kNewerSelf);
  EXPECT_EQ(Judge(kPeer, {100, 1, 1}), Verdict::kYetToCome);
  EXPECT_FALSE(handshake.Establish(From(kPeer, kMe)));
  EXPECT_EQ(Judge(kPeer, kMe), Verdict::kKnownLife);
  EXPECT_EQ(Judge(kPeer, kMe, /*with_hello=*/false), Verdict::kKnownLife);
  EXPECT_EQ(Judge({199, 9}, kMe), Verdict::kStale);
  EXPECT_EQ(Judge({199, 9}, kMe, false), Verdict::kUnknownLife);
  EXPECT_EQ(Judge({200, 2, 1}, kMe), Verdict::kNewLife) << "a later link";
  EXPECT_EQ(handshake.Establish(From({300, 3}, kMe)), kPeer);
}

TEST_F(HandshakeTest, JudgesTheVersionBeforeAllButStaleness) {
  handshake.Establish(From(kPeer, kMe));
  Header header = From(kPeer, {100, 2});
  header.hello->set_version(kNewestVersion + 1);
  EXPECT_EQ(handshake.Judge(header, 1000), Verdict::kOtherVersion);
  header.src = {150, 1};
  EXPECT_EQ(handshake.Judge(header, 1000), Verdict::kNewerSelf)
      << "what an older build said last is not judged by its version";
}

TEST_F(HandshakeTest, RefusesUntilAHelloIsAccepted) {
  Header header = From(kPeer, Life());
  header.hello->set_version(7);
  header.hello->set_max_version(9);
  handshake.Refuse(*header.hello);
  EXPECT_TRUE(handshake.refused());
  EXPECT_EQ(handshake.refused_why(),
            "it speaks versions 7 to 9 of the protocol, this server version 1");
  handshake.Accept(kPeer, *From(kPeer, Life()).hello);
  EXPECT_FALSE(handshake.refused());
}

TEST_F(HandshakeTest, SaysOnceThatConfigurationsDiffer) {
  Header header = From(kPeer, Life());
  EXPECT_FALSE(handshake.Accept(kPeer, *header.hello));
  header.hello->set_config_digest(6);
  EXPECT_TRUE(handshake.Accept(kPeer, *header.hello));
  EXPECT_FALSE(handshake.Accept(kPeer, *header.hello)) << "known";
  header.hello->set_config_digest(7);
  EXPECT_TRUE(handshake.Accept(kPeer, *header.hello));
}

TEST_F(HandshakeTest, AnswersOneOfManyThatAsk) {
  for (int i = 0; i < 3; ++i) handshake.AnswerLife(kPeer, /*alone=*/true, 0);
  EXPECT_EQ(handshake.stranger_since(), 0);
  OutgoingFrame out;
  ASSERT_TRUE(handshake.owes_answer());
  handshake.NextAnswer(/*last_stamp=*/9, &out);
  EXPECT_EQ(out.header.src, kMe);
  EXPECT_EQ(out.header.dst, kPeer);
  EXPECT_TRUE(out.header.hello.has_value());
  EXPECT_FALSE(out.header.session);
  EXPECT_FALSE(handshake.owes_answer());
  handshake.AnswerLife(kPeer, true, 9999);
  EXPECT_FALSE(handshake.owes_answer()) << "within 10 ms";
  handshake.AnswerLife(kPeer, true, 10000);
  EXPECT_TRUE(handshake.owes_answer());
}

TEST_F(HandshakeTest, AnswersAStaleLifeByTheWayItCame) {
  handshake.Establish(From(kPeer, kMe));
  Origin origin{0, 0, "there"};
  handshake.AnswerStale(origin, 0);
  OutgoingFrame out;
  handshake.NextAnswer(/*last_stamp=*/9, &out);
  EXPECT_TRUE(out.reply);
  EXPECT_EQ(out.origin.address, "there");
  EXPECT_EQ(out.header.dst, kPeer) << "the newer life";
  EXPECT_EQ(out.header.stamp, 9u);
  EXPECT_EQ(out.header.hello->url(), "test://1") << "or it is not believed";
}

// A stranger: a server of that pid, at another url than the peer's.
TEST_F(HandshakeTest, OfAStrangerIsLookedAtNoFurther) {
  handshake.Establish(From(kPeer, kMe));
  for (const Life& dst : {Life(), kMe, Life{999, 9}}) {
    for (const Life& src : {kPeer, Life{150, 1}, Life{300, 1}}) {
      Header header = From(src, dst);
      header.hello->set_url("test://elsewhere");
      EXPECT_EQ(handshake.Judge(header, 1000), Verdict::kOtherAddress);
      header.hello->set_version(kNewestVersion + 1);
      EXPECT_EQ(handshake.Judge(header, 1000), Verdict::kOtherAddress);
      header.hello->clear_url();
      EXPECT_EQ(handshake.Judge(header, 1000), Verdict::kOtherAddress);
    }
  }
  EXPECT_EQ(Judge({300, 1}, {999, 9}, /*with_hello=*/false),
            Verdict::kUnknownLife)
      << "nobody is fenced by one who does not say who he is";
}

TEST_F(HandshakeTest, WithKeysNeedsNoUrlToKnowWhoItIs) {
  LinkOptions proven = options;
  proven.proven_peers = true;
  const Handshake handshake(proven, kMe, 0);
  Header header = From(kPeer, kMe);
  header.hello->set_url("test://elsewhere");
  EXPECT_EQ(handshake.Judge(header, 1000), Verdict::kNewLife);
}

TEST_F(HandshakeTest, RefusesLivesAheadOfTheClockByMoreThanADay) {
  constexpr uint64_t kDay = uint64_t{24} * 60 * 60 * 1000000;
  EXPECT_EQ(Judge({kDay + 1000, 1}, kMe), Verdict::kNewLife);
  EXPECT_EQ(Judge({kDay + 1001, 1}, kMe), Verdict::kFutureLife);
  EXPECT_EQ(Judge(kPeer, {kDay + 1000, 1}), Verdict::kNewerSelf);
  EXPECT_EQ(Judge(kPeer, {kDay + 1001, 1}), Verdict::kFutureLife);
  EXPECT_EQ(Judge(kPeer, {UINT64_MAX, 1}), Verdict::kFutureLife);
}

TEST_F(HandshakeTest, SendsANoteASecond) {
  Origin origin{0, 0, "there"};
  OutgoingFrame out;
  handshake.SendNote(Refusal::OTHER_ADDRESS, origin, 5);
  ASSERT_TRUE(handshake.owes_answer());
  handshake.NextAnswer(9, &out);
  EXPECT_TRUE(out.reply);
  EXPECT_EQ(out.origin.address, "there");
  EXPECT_FALSE(out.header.dst) << "it makes no session";
  EXPECT_FALSE(out.header.session);
  EXPECT_EQ(out.header.hello->refused(), Refusal::OTHER_ADDRESS);
  handshake.SendNote(Refusal::OTHER_ADDRESS, origin, 1000004);
  EXPECT_FALSE(handshake.owes_answer());
  handshake.SendNote(Refusal::OTHER_ADDRESS, origin, 1000005);
  EXPECT_TRUE(handshake.owes_answer());
}

TEST_F(HandshakeTest, TakesANoteForAReason) {
  Header header = From(kPeer, Life());
  header.hello->set_refused(Refusal::OTHER_ADDRESS);
  header.hello->set_url("test://elsewhere");
  EXPECT_EQ(handshake.Judge(header, 1000), Verdict::kNote);
  EXPECT_TRUE(handshake.TakeNote(*header.hello));
  EXPECT_FALSE(handshake.TakeNote(*header.hello)) << "known";
  EXPECT_NE(handshake.note().find("test://1"), std::string::npos)
      << handshake.note();
  header.hello->set_refused(999);
  EXPECT_TRUE(handshake.TakeNote(*header.hello));
  handshake.Establish(From(kPeer, kMe));
  EXPECT_EQ(handshake.note(), "");
}

TEST_F(HandshakeTest, IsBornAgainAsTold) {
  handshake.Rebirth({300, 3}, /*now=*/70);
  EXPECT_EQ(handshake.me(), (Life{300, 3}));
  EXPECT_EQ(handshake.hello_at(), 70);
  EXPECT_EQ(Judge(kPeer, kMe), Verdict::kOtherLife) << "a former life now";
}

}  // namespace
}  // namespace raft_cluster::internal
