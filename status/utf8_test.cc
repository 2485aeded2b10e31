// Texts that are good stay as they are; of bad ones the bad bytes are replaced.
#include "raft/status/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(ValidUtf8Test, KeepsWhatIsValid) {
  for (const std::string text :
       {"", "plain", "\n\"\\", "h\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(ValidUtf8(text), text);
  }
}

TEST(ValidUtf8Test, ReplacesWhatIsNot) {
  EXPECT_EQ(ValidUtf8("a\xff"
                      "b"),
            "a?b");
  EXPECT_EQ(ValidUtf8("\xc3"), "?");                 // Cut short.
  EXPECT_EQ(ValidUtf8("\xe2\x82"), "??");            // The same.
  EXPECT_EQ(ValidUtf8("\xc0\xaf"), "??");            // Overlong.
  EXPECT_EQ(ValidUtf8("\xe0\x80\xaf"), "???");       // The same.
  EXPECT_EQ(ValidUtf8("\xed\xa0\x80"), "???");       // A surrogate.
  EXPECT_EQ(ValidUtf8("\xf4\x90\x80\x80"), "????");  // Beyond the last.
  EXPECT_EQ(ValidUtf8("\xc3(\xe2\x82\xac"), "?(\xe2\x82\xac");
}

}  // namespace
}  // namespace raft_cluster::internal
