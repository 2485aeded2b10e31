// Newer lives of our own pid, by the clock.
#include "raft/cluster/engine/own_life.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr Life kFirst{100, 1};
constexpr Micros kStarted = 5000;

TEST(OwnLife, RisesAboveOneThatIsYetToStart) {
  OwnLife own(kFirst, /*seed=*/7, kStarted);
  EXPECT_EQ(own.life(), kFirst);
  EXPECT_TRUE(own.RiseAbove({1000, 9}, /*has_past=*/false, 1, kStarted));
  EXPECT_EQ(own.life().start_us, 1001u);
  EXPECT_TRUE(own.life().NewerProcess({1000, 9}));
  EXPECT_NE(own.life().random, kFirst.random);
}

TEST(OwnLife, GivesInToOneThatStartedAfterIt) {
  OwnLife own(kFirst, /*seed=*/7, kStarted);
  // By now it is 100 + 500 by the clock of the first life.
  EXPECT_FALSE(own.RiseAbove({600, 2}, false, 1, kStarted + 500));
  EXPECT_TRUE(own.RiseAbove({601, 2}, false, 1, kStarted + 500));
}

TEST(OwnLife, GivesInIfItHasAPastOrHasRisenTooOften) {
  OwnLife own(kFirst, /*seed=*/7, kStarted);
  EXPECT_FALSE(own.RiseAbove({1000, 2}, /*has_past=*/true, 1, kStarted));
  EXPECT_TRUE(own.RiseAbove({1000, 2}, false, /*most=*/1, kStarted));
  const Life risen = own.life();
  EXPECT_FALSE(own.RiseAbove({2000, 2}, false, /*most=*/1, kStarted));
  EXPECT_EQ(own.life(), risen);
}

TEST(OwnLife, LaterLivesComeFromTheSeedAlone) {
  OwnLife one({100, 1}, /*seed=*/7, kStarted), two({50, 2}, 7, kStarted),
      three({100, 1}, /*seed=*/8, kStarted);
  for (OwnLife* own : {&one, &two, &three}) {
    ASSERT_TRUE(own->RiseAbove({1000, 9}, false, 1, kStarted));
  }
  EXPECT_EQ(one.life().random, two.life().random);
  EXPECT_NE(one.life().random, three.life().random);
}

}  // namespace
}  // namespace raft_cluster::internal
