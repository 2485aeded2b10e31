#include "raft/cmd/line_splitter.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Lines(LineSplitter& splitter) {
  std::vector<std::string> lines;
  while (auto line = splitter.Next()) lines.push_back(line->text);
  return lines;
}

TEST(LineSplitter, CutsLinesWhereverTheStreamIsCut) {
  const std::string stream = "one\n\ntwo words\nlast";
  for (size_t size = 1; size <= stream.size(); ++size) {
    LineSplitter splitter(100);
    std::vector<std::string> lines;
    for (size_t at = 0; at < stream.size(); at += size) {
      splitter.Add(stream.substr(at, size));
      for (std::string& line : Lines(splitter)) lines.push_back(line);
    }
    EXPECT_THAT(lines, ElementsAre("one", "", "two words"));
    splitter.End();
    EXPECT_THAT(Lines(splitter), ElementsAre("last"));
  }
}

TEST(LineSplitter, TakesTheLineEndsOfWindows) {
  const std::string stream = "one\r\n\r\n4:\r\nin\rside\r\nlast\r";
  for (size_t size = 1; size <= stream.size(); ++size) {
    LineSplitter splitter(100);
    std::vector<std::string> lines;
    for (size_t at = 0; at < stream.size(); at += size) {
      splitter.Add(stream.substr(at, size));
      for (std::string& line : Lines(splitter)) lines.push_back(line);
    }
    splitter.End();
    for (std::string& line : Lines(splitter)) lines.push_back(line);
    EXPECT_THAT(lines, ElementsAre("one", "", "4:", "in\rside", "last"));
  }
}

TEST(LineSplitter, DoesNotCountALineEndAgainstTheLimit) {
  LineSplitter splitter(4);
  splitter.Add("1234\r\n12345\r\n");
  auto line = splitter.Next();
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "1234");
  EXPECT_EQ(line->bytes, 4u);
  line = splitter.Next();
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "1234");
  EXPECT_EQ(line->bytes, 5u);
}

TEST(LineSplitter, HasNothingLeftAfterALineEnd) {
  LineSplitter splitter(100);
  splitter.Add("one\n");
  EXPECT_THAT(Lines(splitter), ElementsAre("one"));
  splitter.End();
  EXPECT_THAT(Lines(splitter), IsEmpty());
}

TEST(LineSplitter, HoldsNoMoreOfALineThanTheLimit) {
  LineSplitter splitter(4);
  for (int i = 0; i < 1000; ++i) {
    splitter.Add("abc");
    EXPECT_FALSE(splitter.Next());
  }
  splitter.Add("\n1234\n");
  const auto line = splitter.Next();
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "abca");
  EXPECT_EQ(line->bytes, 3000u);
  const auto next = splitter.Next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->text, "1234");
  EXPECT_EQ(next->bytes, 4u);
}

}  // namespace
}  // namespace raft_cluster::internal
