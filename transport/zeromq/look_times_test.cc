// Times that a look is to come at, by what the last one found.
#include "raft/transport/zeromq/look_times.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

using std::chrono::milliseconds;

TEST(LookTimes, NobodyLooksBeforeTheBeginning) {
  const LookTimes times;
  EXPECT_FALSE(times.IsTime(LookTimes::Time() + std::chrono::hours(1)));
  EXPECT_EQ(times.alarm(), LookTimes::Time::max());
}

TEST(LookTimes, WhereOnlyHeartbeatsComeNobodyGetsUpTenTimesASecond) {
  const LookTimes::Time now;
  LookTimes times;
  times.Begin(now);
  EXPECT_TRUE(times.IsTime(now));
  times.Looked(now, /*soon=*/false, /*flows=*/false);
  EXPECT_FALSE(times.IsTime(now + milliseconds(99)));
  EXPECT_TRUE(times.IsTime(now + milliseconds(100))) << "who is up anyway";
  EXPECT_EQ(times.alarm(), now + milliseconds(1000));
}

TEST(LookTimes, WhatFlowsIsLookedAtInTime) {
  const LookTimes::Time now;
  LookTimes times;
  times.Looked(now, /*soon=*/false, /*flows=*/true);
  EXPECT_EQ(times.alarm(), now + milliseconds(100));
  times.Looked(now, /*soon=*/true, /*flows=*/true);
  EXPECT_TRUE(times.IsTime(now + milliseconds(5)));
  EXPECT_EQ(times.alarm(), now + milliseconds(5));
}

}  // namespace
}  // namespace zeromq
}  // namespace raft_cluster::internal
