// What a stranger is told, and how often.
#include "raft/cluster/engine/strangers.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kSecond = 1000000;
constexpr Life kMe{100, 1};

class StrangersTest : public testing::Test {
 protected:
  StrangersTest() {
    options_.self = 1;
    options_.cluster = 77;
    options_.self_url = "test://1";
    header_.cluster = 78;
    header_.from = 9;
    header_.to = 4;
    header_.src = {5, 5};
  }

  void Refuse(uint64_t connection,
              Refusal::Reason reason = Refusal::UNKNOWN_PID) {
    strangers_.Refused(reason, header_, Origin{0, connection, "there"}, now_);
  }
  OutgoingFrame Next() {
    OutgoingFrame out;
    strangers_.NextNote(kMe, &out);
    return out;
  }
  int TakeAll() {
    int count = 0;
    for (; strangers_.owes_note(); ++count) Next();
    return count;
  }

  LinkOptions options_;
  Header header_;
  Micros now_ = kSecond;
  Strangers strangers_{options_};
};

TEST_F(StrangersTest, AreToldWhyInTheNameByWhichTheyCalled) {
  EXPECT_FALSE(strangers_.owes_note());
  Refuse(7, Refusal::OTHER_CLUSTER);
  ASSERT_TRUE(strangers_.owes_note());
  const OutgoingFrame note = Next();
  EXPECT_FALSE(strangers_.owes_note());
  EXPECT_TRUE(note.reply);
  EXPECT_EQ(note.origin.connection, 7u);
  EXPECT_EQ(note.header.cluster, 78u);
  EXPECT_EQ(note.header.from, 4);
  EXPECT_EQ(note.header.to, 9);
  EXPECT_EQ(note.header.src, kMe);
  EXPECT_FALSE(note.header.dst) << "it makes no session";
  EXPECT_EQ(note.header.hello->refused(), Refusal::OTHER_CLUSTER);
  EXPECT_EQ(note.header.hello->url(), "test://1");
  ParsedFrame parsed;
  EXPECT_EQ(ParseFrame(note.Encode(), true, &parsed), ParseResult::kOk);
}

TEST_F(StrangersTest, AreToldOnceASecondOnEachConnection) {
  for (int i = 0; i < 100; ++i) {
    Refuse(7);
    Refuse(8, i % 2 == 0 ? Refusal::UNKNOWN_PID : Refusal::MISROUTED);
  }
  EXPECT_EQ(TakeAll(), 2);
  now_ += kSecond - 1;
  Refuse(7);
  EXPECT_EQ(TakeAll(), 0);
  now_ += 1;
  Refuse(7);
  EXPECT_EQ(TakeAll(), 1);
}

TEST_F(StrangersTest, OfWhomThereAreManyAreNotAllTold) {
  for (uint64_t connection = 0; connection < 1000; ++connection) {
    Refuse(connection);
  }
  // Nobody took them, and a second is over.
  now_ += kSecond;
  for (uint64_t connection = 0; connection < 1000; ++connection) {
    Refuse(connection);
  }
  EXPECT_EQ(TakeAll(), static_cast<int>(Strangers::kMaxTold));
  Refuse(1);
  EXPECT_EQ(TakeAll(), 1) << "the second is a new one";
}

TEST_F(StrangersTest, AreNotToldInAnswerToANote) {
  header_.hello.emplace();
  header_.hello->set_refused(Refusal::UNKNOWN_PID);
  Refuse(7);
  EXPECT_FALSE(strangers_.owes_note());
  header_.hello->clear_refused();
  Refuse(7);
  EXPECT_TRUE(strangers_.owes_note());
}

TEST_F(StrangersTest, WithoutAPidAreNotTold) {
  header_.from = 0;
  Refuse(7);
  header_.from = 9;
  header_.to = 0;
  Refuse(7);
  EXPECT_FALSE(strangers_.owes_note());
}

TEST_F(StrangersTest, OfOurOwnPidAreWrongAboutTheUrl) {
  header_.from = 1;
  Refuse(7);
  EXPECT_EQ(Next().header.hello->refused(), Refusal::MISROUTED);
}

}  // namespace
}  // namespace raft_cluster::internal
