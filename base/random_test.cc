// Compares the stream with the published one, and its ranges with their bounds.
#include "raft/base/random.h"

#include <set>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

// The numbers of the reference implementation (splitmix64.c by Vigna): a seed
// that was written down once means the same run for ever.
TEST(SplitMix64Test, IsThePublishedStream) {
  SplitMix64 random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(SplitMix64Test, ReachesBothEndsAndNothingBeyond) {
  SplitMix64 random(1);
  std::set<uint64_t> below;
  std::set<int64_t> between;
  for (int i = 0; i < 200; ++i) {
    below.insert(random.Below(3));
    between.insert(random.Between(-1, 1));
  }
  EXPECT_EQ(below, (std::set<uint64_t>{0, 1, 2}));
  EXPECT_EQ(between, (std::set<int64_t>{-1, 0, 1}));
}

TEST(SplitMix64Test, TakesChancesAsOftenAsAsked) {
  SplitMix64 random(1);
  int taken = 0;
  for (int i = 0; i < 10000; ++i) {
    EXPECT_FALSE(random.Chance(0));
    EXPECT_TRUE(random.Chance(1));
    if (random.Chance(0.25)) ++taken;
  }
  EXPECT_NEAR(taken, 2500, 200);
}

}  // namespace
}  // namespace raft_cluster::internal
