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
  header.hello->set_config_digest(5);
  header.hello->set_max_envelope_bytes(100);
  return header;
}

class HandshakeTest : public testing::Test {
 protected:
  Verdict Judge(const Life& src, const Life& dst, bool with_hello = true) {
    return handshake.Judge(From(src, dst, with_hello));
  }

  const LinkOptions options = Options();
  Handshake handshake{options, kMe, /*now=*/0};
};

TEST_F(HandshakeTest, JudgesByLives) {
  EXPECT_EQ(Judge(kPeer, Life()), Verdict::kOtherLife) << "a HELLO";
  EXPECT_EQ(Judge(kPeer, {50, 9}), Verdict::kOtherLife) << "a former one";
  EXPECT_EQ(Judge(kPeer, kMe), Verdict::kNewLife);
  EXPECT_EQ(Judge(kPeer, kMe, /*with_hello=*/false), Verdict::kMalformed);
  EXPECT_EQ(Judge(kPeer, {100, 2}), Verdict::kNewerSelf);
  EXPECT_EQ(Judge(kPeer, {100, 1, 1}), Verdict::kYetToCome);
  EXPECT_FALSE(handshake.Establish(From(kPeer, kMe)));
  EXPECT_EQ(Judge(kPeer, kMe), Verdict::kKnownLife);
  EXPECT_EQ(Judge(kPeer, kMe, /*with_hello=*/false), Verdict::kKnownLife);
  EXPECT_EQ(Judge({199, 9}, kMe), Verdict::kStale);
  EXPECT_EQ(Judge({200, 2, 1}, kMe), Verdict::kNewLife) << "a later link";
  EXPECT_EQ(handshake.Establish(From({300, 3}, kMe)), kPeer);
}

TEST_F(HandshakeTest, JudgesTheVersionBeforeAllButStaleness) {
  handshake.Establish(From(kPeer, kMe));
  Header header = From(kPeer, {100, 2});
  header.hello->set_version(kNewestVersion + 1);
  EXPECT_EQ(handshake.Judge(header), Verdict::kOtherVersion);
  header.src = {150, 1};
  EXPECT_EQ(handshake.Judge(header), Verdict::kNewerSelf)
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
  handshake.Accept(*From(kPeer, Life()).hello);
  EXPECT_FALSE(handshake.refused());
}

TEST_F(HandshakeTest, SaysOnceThatConfigurationsDiffer) {
  Header header = From(kPeer, Life());
  EXPECT_FALSE(handshake.Accept(*header.hello));
  header.hello->set_config_digest(6);
  EXPECT_TRUE(handshake.Accept(*header.hello));
  EXPECT_FALSE(handshake.Accept(*header.hello)) << "known";
  header.hello->set_config_digest(7);
  EXPECT_TRUE(handshake.Accept(*header.hello));
}

TEST_F(HandshakeTest, AnswersOneOfManyThatAsk) {
  for (int i = 0; i < 3; ++i) handshake.AnswerLife(kPeer, /*alone=*/true, 0);
  EXPECT_EQ(handshake.stranger_since(), 0);
  OutgoingFrame out;
  ASSERT_TRUE(handshake.owes_answer());
  handshake.NextAnswer(/*last_stamp=*/9, /*with_hello=*/true, &out);
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
  handshake.NextAnswer(/*last_stamp=*/9, /*with_hello=*/false, &out);
  EXPECT_TRUE(out.reply);
  EXPECT_EQ(out.origin.address, "there");
  EXPECT_EQ(out.header.dst, kPeer) << "the newer life";
  EXPECT_EQ(out.header.stamp, 9u);
  EXPECT_FALSE(out.header.hello.has_value());
}

TEST_F(HandshakeTest, IsBornAgainAsTold) {
  handshake.Rebirth({300, 3}, /*now=*/70);
  EXPECT_EQ(handshake.me(), (Life{300, 3}));
  EXPECT_EQ(handshake.hello_at(), 70);
  EXPECT_EQ(Judge(kPeer, kMe), Verdict::kOtherLife) << "a former life now";
}

}  // namespace
}  // namespace raft_cluster::internal
