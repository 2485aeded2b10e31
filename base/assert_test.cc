// Processes that die of an assertion, and ones that do not.
#include "raft/base/assert.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>

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

TEST(AssertDeathTest, LetsLastWordsBeSaidOnce) {
  EXPECT_DEATH(
      {
        SetLastWords([] {
          std::fprintf(stderr, "that was all\n");
          RAFT_ASSERT(2 > 3);
        });
        RAFT_ASSERT(1 > 2);
      },
      "failed: 1 > 2\nthat was all\n.*failed: 2 > 3\n$");
}

TEST(AssertDeathTest, CutsOffLastWordsWithoutEnd) {
  EXPECT_EXIT(
      {
        SetLastWords([] {
          for (;;) pause();
        });
        RAFT_ASSERT(1 > 2);
      },
      testing::KilledBySignal(SIGALRM), "failed: 1 > 2");
}

}  // namespace
}  // namespace raft_cluster::internal
