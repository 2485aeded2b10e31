#include "raft/cmd/flags.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

ABSL_FLAG(int32_t, number, 7, "a number");
ABSL_FLAG(std::string, text, "a b", "a text");
ABSL_FLAG(bool, loud, false, "yes or no");
ABSL_FLAG(absl::Duration, wait, absl::InfiniteDuration(), "a time");

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

absl::StatusOr<CommandLine> Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "program");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(&argument[0]);
  return ParseFlags(static_cast<int>(argv.size()), argv.data());
}

std::string MistakeIn(const std::vector<std::string>& arguments) {
  const absl::StatusOr<CommandLine> line = Parse(arguments);
  EXPECT_EQ(line.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(line.status().message());
}

class ParseFlagsTest : public testing::Test {
 private:
  absl::FlagSaver saver_;  // Undoes what a test sets.
};

TEST_F(ParseFlagsTest, TakesBothSpellings) {
  const auto line = Parse({"--number=3", "--text", "x=y", "--wait=250ms"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(absl::GetFlag(FLAGS_number), 3);
  EXPECT_EQ(absl::GetFlag(FLAGS_text), "x=y");
  EXPECT_EQ(absl::GetFlag(FLAGS_wait), absl::Milliseconds(250));
  EXPECT_THAT(line->rest, IsEmpty());
  EXPECT_FALSE(line->help);
}

TEST_F(ParseFlagsTest, ABoolNeedsNoValue) {
  const auto line = Parse({"--loud", "true"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_TRUE(absl::GetFlag(FLAGS_loud));
  EXPECT_THAT(line->rest, ElementsAre("true"));
  ASSERT_TRUE(Parse({"--loud=false"}).ok());
  EXPECT_FALSE(absl::GetFlag(FLAGS_loud));
}

TEST_F(ParseFlagsTest, LeavesDefaultsAlone) {
  ASSERT_TRUE(Parse({}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_number), 7);
}

TEST_F(ParseFlagsTest, TakesAnEmptyText) {
  ASSERT_TRUE(Parse({"--text="}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_text), "");
}

TEST_F(ParseFlagsTest, HandsOutWhatIsNoFlag) {
  const auto line = Parse({"one", "--number=3", "-", "--", "--number=4"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->rest, ElementsAre("one", "-", "--number=4"));
  EXPECT_EQ(absl::GetFlag(FLAGS_number), 3);
}

TEST_F(ParseFlagsTest, SaysWhatIsWrong) {
  EXPECT_EQ(MistakeIn({"--numbre=3"}), "unknown flag --numbre");
  EXPECT_EQ(MistakeIn({"--number"}), "flag --number needs a value");
  EXPECT_THAT(MistakeIn({"--number=three"}),
              AllOf(HasSubstr("three"), HasSubstr("number")));
  EXPECT_THAT(
      MistakeIn({"--wait=3"}),
      AllOf(HasSubstr("wait"), HasSubstr("a time has a unit, such as 3s")));
  EXPECT_THAT(MistakeIn({"--wait=soon"}),
              HasSubstr("a time has a unit, such as 5s"));
}

TEST_F(ParseFlagsTest, KnowsHelp) {
  const auto line = Parse({"--help"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_TRUE(line->help);
  EXPECT_THAT(FlagsHelp(),
              AllOf(HasSubstr("--number        a number (default: \"7\")\n"),
                    HasSubstr("--wait          a time (default: \"inf\")\n")));
}

TEST_F(ParseFlagsTest, KnowsVersion) {
  const auto line = Parse({"--version"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_TRUE(line->version);
  EXPECT_FALSE(line->help);
}

TEST(Columns, KeepTextsClearOfLongNames) {
  EXPECT_EQ(Columns({{"--short", "a text"},
                     {"--a_name_longer_than_most",
                      "a text that is so long that it does not fit into the "
                      "rest of one line"}}),
            "  --short                    a text\n"
            "  --a_name_longer_than_most  a text that is so long that it does "
            "not fit into\n"
            "                             the rest of one line\n");
}

TEST(ShowHelp, HasAllItIsGiven) {
  Help help;
  help.usage = "Usage: it [flags]\n";
  help.about = "Does it.\n";
  help.sections = {{"Exit codes", {{"0", "done"}}}};
  EXPECT_EQ(ShowHelp(help), "Usage: it [flags]\nDoes it.\n\nFlags:\n" +
                                FlagsHelp() +
                                "\nExit codes:\n  0               done\n");
}

}  // namespace
}  // namespace raft_cluster::internal
