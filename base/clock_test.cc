// Looks at the clock twice.
#include "raft/base/clock.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(SteadyClockTest, IsAboveZeroAndGoesOn) {
  Clock& clock = SteadyClock();
  const Micros first = clock.Now();
  EXPECT_GT(first, 0);
  // It ends: microseconds pass whatever the machine does.
  while (clock.Now() == first) {
  }
  EXPECT_GT(clock.Now(), first);
  EXPECT_LT(clock.Now(), kNever);
  EXPECT_EQ(&SteadyClock(), &clock);
}

}  // namespace
}  // namespace raft_cluster::internal
