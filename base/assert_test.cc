// Processes that die of an assertion, and ones that do not.
#include "raft/base/assert.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(AssertDeathTest, SaysWhatWasToHold) {
  const int three = 3;
  EXPECT_DEATH(RAFT_ASSERT(three > 4),
               "assert_test.cc:[0-9]+: assertion failed: three > 4");
}

TEST(AssertTest, EvaluatesItsConditionOnce) {
  int evaluated = 0;
  RAFT_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(AssertDeathTest, OfDebugBuildsCostsNothingElsewhere) {
  int evaluated = 0;
  const auto fails = [&] {
    ++evaluated;
    return false;
  };
#ifdef NDEBUG
  RAFT_DEBUG_ASSERT(fails());
  EXPECT_EQ(evaluated, 0);
#else
  EXPECT_DEATH(RAFT_DEBUG_ASSERT(fails()), "assertion failed: fails");
#endif
}

}  // namespace
}  // namespace raft_cluster::internal
