// Where senders wait, where they go on, and how the marks follow the way.
#include "raft/cluster/link/pace.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kSmall = 128;
constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(Pace, HoldsFromTheHighMarkToTheLowOne) {
  Pace pace;
  EXPECT_FALSE(pace.Holds(kMiB, kSmall));
  EXPECT_FALSE(pace.Eases(kMiB)) << "nobody was held";
  EXPECT_TRUE(pace.Holds(kMiB + 1, kSmall));
  EXPECT_TRUE(pace.Holds(kMiB, kSmall)) << "until it is half";
  EXPECT_FALSE(pace.Eases(kMiB / 2 + 1));
  EXPECT_TRUE(pace.Holds(kMiB / 2 + 1, kSmall));
  EXPECT_TRUE(pace.Eases(kMiB / 2));
  EXPECT_FALSE(pace.Eases(kMiB / 2)) << "once";
  EXPECT_FALSE(pace.Holds(kMiB / 2, kSmall));
  EXPECT_FALSE(pace.Holds(kMiB, kSmall));
}

// What it does not hear of, as a queue that is emptied at once, holds nobody.
TEST(Pace, LooksForItself) {
  Pace pace;
  EXPECT_TRUE(pace.Holds(2 * kMiB, kSmall));
  EXPECT_FALSE(pace.Holds(0, kSmall));
  EXPECT_FALSE(pace.Holds(kMiB, kSmall));
}

TEST(Pace, HasRoomForFourLargeOnesUpToFourMebibytes) {
  EXPECT_EQ(Pace().HighMark(kSmall), kMiB);
  EXPECT_EQ(Pace().HighMark(500000), 2000000u);
  EXPECT_EQ(Pace().HighMark(16 * kMiB), 4 * kMiB);
}

TEST(Pace, LetsAnyEnvelopeGoOnceTheQueueIsLow) {
  Pace pace;
  EXPECT_FALSE(pace.Holds(4 * kMiB, 16 * kMiB));
  EXPECT_TRUE(pace.Holds(20 * kMiB, 16 * kMiB));
  EXPECT_TRUE(pace.Eases(2 * kMiB));
  EXPECT_FALSE(pace.Holds(2 * kMiB, 16 * kMiB));
}

// Whoever may go on first goes on; the other looks, and waits for more.
TEST(Pace, EasesForTheLargestOfThoseThatWait) {
  Pace pace;
  EXPECT_TRUE(pace.Holds(5 * kMiB, kSmall));
  EXPECT_TRUE(pace.Holds(5 * kMiB, kMiB));
  EXPECT_TRUE(pace.Holds(5 * kMiB, kSmall));
  EXPECT_TRUE(pace.Eases(2 * kMiB));
}

// `rate`: bytes in a microsecond.
void Carry(Pace* pace, Micros* now, uint64_t rate, Micros round_trip,
           Micros duration) {
  for (const Micros end = *now + duration; *now < end; *now += 100) {
    pace->OnTaken(rate * 100, *now, round_trip);
  }
}

TEST(Pace, FollowsWhatTheWayCarries) {
  Pace pace;
  Micros now = 1000000;
  Carry(&pace, &now, /*rate=*/100, /*round_trip=*/50, 100000);
  EXPECT_EQ(pace.HighMark(kSmall), kMiB) << "100 kB in a millisecond";
  Carry(&pace, &now, /*rate=*/500, /*round_trip=*/50, 100000);
  EXPECT_NEAR(static_cast<double>(pace.HighMark(kSmall)), 4 * 500e3, 50e3)
      << "as much as in a millisecond";
  Carry(&pace, &now, /*rate=*/100, /*round_trip=*/5000, 100000);
  EXPECT_NEAR(static_cast<double>(pace.HighMark(kSmall)), 4 * 500e3, 50e3);
  Carry(&pace, &now, /*rate=*/1000, /*round_trip=*/50000, 200000);
  EXPECT_EQ(pace.HighMark(kSmall), 4 * kMiB) << "50 MB in a round trip";
  now += 60000000;
  pace.OnTaken(1, now, /*round_trip=*/50000);
  EXPECT_EQ(pace.HighMark(kSmall), 4 * kMiB) << "after a pause, too";
  Carry(&pace, &now, /*rate=*/1, /*round_trip=*/50, 100000);
  EXPECT_EQ(pace.HighMark(kSmall), kMiB);
}

TEST(Pace, OfAWayThatIsNotKnownIsTheLeast) {
  Pace pace;
  Micros now = 1000000;
  Carry(&pace, &now, /*rate=*/1000, /*round_trip=*/0, 100000);
  EXPECT_EQ(pace.HighMark(kSmall), kMiB);
}

}  // namespace
}  // namespace raft_cluster::internal
