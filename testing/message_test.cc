#include "raft/testing/message.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(Message, HasTheSizeThatWasAskedForAndIsOneLine) {
  for (size_t bytes : {0, 1, 3, 4, 40, 1000, 100000}) {
    const std::string msg = MakeMessage(17, bytes);
    EXPECT_EQ(msg.size(), bytes);
    for (char c : msg) ASSERT_TRUE(c >= ' ' && c <= '~') << int{c};
  }
}

TEST(Message, NamesItsId) {
  for (uint64_t id :
       {uint64_t{0}, uint64_t{17}, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_EQ(MessageId(MakeMessage(id, 30)), id);
  }
}

TEST(Message, OfAnotherOriginNamesNone) {
  for (const char* text : {"", "#", "# 17", "hello there", "17 abc", "#x"}) {
    EXPECT_EQ(MessageId(text), absl::nullopt) << text;
  }
}

TEST(Message, IsTheSameForTheSameIdAndDiffersForAnother) {
  EXPECT_EQ(MakeMessage(1, 100), MakeMessage(1, 100));
  EXPECT_NE(MakeMessage(1, 100).substr(50), MakeMessage(2, 100).substr(50));
}

}  // namespace
}  // namespace raft_cluster::internal
