#include "raft/testing/proxy/tamperer.h"

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

// What becomes of `bytes` where the fourth is changed.
std::string Changed(Tampering how, std::string bytes) {
  Tamperer tamperer;
  tamperer.Set(how, /*period_bytes=*/4);
  tamperer.See(&bytes);
  EXPECT_EQ(tamperer.count(), 1);
  return bytes;
}

TEST(Tamperer, ChangesBytesInTheWayThatIsAskedFor) {
  EXPECT_EQ(Changed(Tampering::kFlip, "abcdefgh"), "abcfefgh");
  EXPECT_EQ(Changed(Tampering::kLeaveOut, "abcdefgh"), "abc");
  EXPECT_EQ(Changed(Tampering::kRepeat, "abcdefgh"), "abcdefghdefgh");
  EXPECT_EQ(Changed(Tampering::kSwap, "abcdefgh"), "abcfghde");
  EXPECT_EQ(Changed(Tampering::kSwap, "abcd"), "abcd") << "there is one only";
}

TEST(Tamperer, CountsItsPeriodOverAllThatPasses) {
  Tamperer tamperer;
  tamperer.Set(Tampering::kLeaveOut, /*period_bytes=*/5);
  std::string one = "abc", two = "defg", three = "hijklm";
  tamperer.See(&one);
  tamperer.See(&two);
  EXPECT_EQ(one, "abc");
  EXPECT_EQ(two, "d");
  tamperer.See(&three);
  EXPECT_EQ(three, "hijk");
  EXPECT_EQ(tamperer.count(), 2);
}

TEST(Tamperer, LeavesEverythingAsItIsUntilItIsTold) {
  Tamperer tamperer;
  std::string bytes(1000, 'x'), nothing;
  tamperer.See(&bytes);
  tamperer.Set(Tampering::kFlip, /*period_bytes=*/1);
  tamperer.See(&nothing);
  EXPECT_EQ(bytes, std::string(1000, 'x'));
  EXPECT_EQ(tamperer.count(), 0);
}

}  // namespace
}  // namespace raft_cluster::internal
