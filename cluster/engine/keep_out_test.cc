// How often the loop looks, and how soon it leads when nobody receives.
#include "raft/cluster/engine/keep_out.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

class KeepOutTest : public testing::Test {
 protected:
  // Receive()s that lead for a while and are apart for another, until then;
  // the loop looks when it said it would. How often it did.
  int Receive(Micros lead, Micros apart, Micros end) {
    int looks = 0;
    while (now < end) {
      keep_out.Began(now);
      looks += Pass(lead, /*led=*/true);
      keep_out.Ended(now);
      if (keep_out.wants_to_be_told()) Look(/*led=*/false, &looks);
      looks += Pass(apart, /*led=*/false);
    }
    return looks;
  }
  int Pass(Micros duration, bool led) {
    const Micros end = now + duration;
    int looks = 0;
    while (next != 0 && next <= end) {
      now = next;
      Look(led, &looks);
    }
    now = end;
    return looks;
  }
  void Look(bool led, int* looks) {
    ++*looks;
    next = keep_out.Look(now, led);
  }
  // How long after the last Receive() the loop leads.
  Micros Leads() {
    const Micros ended = now;
    while (next != 0) {
      now = next;
      next = keep_out.Look(now, /*led=*/false);
    }
    return now - ended;
  }

  KeepOut keep_out;
  Micros now = 1000000;
  Micros next = 1000001;
};

TEST_F(KeepOutTest, LeadsAtOnceWhereNobodyEverReceived) {
  EXPECT_EQ(keep_out.Look(1, /*led=*/false), 0);
}

TEST_F(KeepOutTest, LeadsSoonAfterAReceive) {
  Receive(/*lead=*/300, /*apart=*/0, now + 300);
  EXPECT_LE(Leads(), KeepOut::kKeepOut);
}

TEST_F(KeepOutTest, LooksSeldomWhileReceivesFollowEachOther) {
  Receive(/*lead=*/30, /*apart=*/20, now + 10000);
  const int looks = Receive(30, 20, now + 1000000);
  EXPECT_LE(looks, 1000000 / KeepOut::kSeldom + 1);
  EXPECT_GE(looks, 1000000 / KeepOut::kSeldom - 1);
  EXPECT_LE(Leads(), KeepOut::kSeldom);
}

// The one that leaves cannot know whether another follows, so it tells.
TEST_F(KeepOutTest, IsToldByAReceiveThatComesAfterAPause) {
  Receive(/*lead=*/30, /*apart=*/20, now + 10000);
  EXPECT_FALSE(keep_out.wants_to_be_told());
  EXPECT_EQ(keep_out.Look(now, /*led=*/false), now + KeepOut::kSeldom);
  now += 2 * KeepOut::kKeepOut;
  keep_out.Began(now);
  keep_out.Ended(now);
  ASSERT_TRUE(keep_out.wants_to_be_told());
  next = now;
  EXPECT_EQ(Leads(), KeepOut::kKeepOut);
}

TEST_F(KeepOutTest, SleepsUntilToldWhileOneReceiveGoesOn) {
  keep_out.Began(now);
  const int looks = Pass(10000000, /*led=*/true);
  EXPECT_LE(looks, KeepOut::kLooksAtOne + 1);
  EXPECT_EQ(next, kNever);
  keep_out.Ended(now);
  ASSERT_TRUE(keep_out.wants_to_be_told());
  next = now;
  EXPECT_EQ(Leads(), KeepOut::kKeepOut);
}

TEST_F(KeepOutTest, SleepsUntilToldAlsoWhereManyCameBefore) {
  Receive(/*lead=*/30, /*apart=*/20, now + 10000);
  keep_out.Began(now);
  Pass(10000000, /*led=*/true);
  EXPECT_EQ(next, kNever);
  keep_out.Ended(now);
  EXPECT_TRUE(keep_out.wants_to_be_told());
}

}  // namespace
}  // namespace raft_cluster::internal
