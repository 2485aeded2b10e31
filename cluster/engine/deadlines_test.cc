#include "raft/cluster/engine/deadlines.h"

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(Deadlines, HaveTheEarliestAtHand) {
  Deadlines deadlines;
  EXPECT_TRUE(deadlines.empty());
  EXPECT_EQ(deadlines.first_time(), kNever);
  deadlines.Set(3, 30);
  deadlines.Set(1, 10);
  deadlines.Set(2, 20);
  EXPECT_EQ(deadlines.first(), 1u);
  deadlines.Set(1, 40);
  EXPECT_EQ(deadlines.first(), 2u);
  deadlines.Set(2, kNever);
  EXPECT_EQ(deadlines.first(), 3u);
  EXPECT_EQ(deadlines.time(1), 40);
  EXPECT_EQ(deadlines.time(2), kNever);
  EXPECT_EQ(deadlines.time(99), kNever);
}

TEST(Deadlines, TakeTurnsWhereTheyAreEqual) {
  Deadlines deadlines;
  for (uint32_t slot = 0; slot < 5; ++slot) deadlines.Set(slot, 7);
  for (int round = 0; round < 3; ++round) {
    for (uint32_t slot = 0; slot < 5; ++slot) {
      ASSERT_EQ(deadlines.first(), slot);
      deadlines.Set(slot,
                    kNever);  // It had its turn, and is due at once again.
      deadlines.Set(slot, 7);
    }
  }
}

// Against a map that is searched.
TEST(Deadlines, AgreeWithASearch) {
  std::mt19937_64 random(1);
  Deadlines deadlines;
  std::map<uint32_t, Micros> times;
  for (int round = 0; round < 20000; ++round) {
    const auto slot = static_cast<uint32_t>(random() % 50);
    const Micros time =
        random() % 4 == 0 ? kNever : static_cast<Micros>(random() % 100);
    deadlines.Set(slot, time);
    if (time == kNever) {
      times.erase(slot);
    } else {
      times[slot] = time;
    }
    Micros first = kNever;
    for (const auto& entry : times) first = std::min(first, entry.second);
    ASSERT_EQ(deadlines.first_time(), first);
    if (!times.empty()) {
      ASSERT_EQ(times[deadlines.first()], first);
    }
  }
}

}  // namespace
}  // namespace raft_cluster::internal
