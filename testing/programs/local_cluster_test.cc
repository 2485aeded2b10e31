// The newcomer's first look.
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

std::unique_ptr<Process> RunWith(std::vector<std::string> arguments) {
  Process::Spec spec;
  spec.arguments = std::move(arguments);
  return StartProgram("local_cluster", std::move(spec));
}

std::vector<std::string> EachToEach(int size, const std::string& message) {
  std::vector<std::string> lines;
  for (int from = 1; from <= size; ++from) {
    for (int to = 1; to <= size; ++to) {
      if (from == to) continue;
      lines.push_back(absl::StrCat(from, " -> ", to, ": ", message));
    }
  }
  return lines;
}

void ExpectExchange(Process& process, int size, const std::string& message) {
  EXPECT_EQ(process.WaitForExit(kPatience), 0) << process.errors();
  EXPECT_THAT(process.errors(), IsEmpty());
  std::vector<std::string> lines = process.TakeLines();
  std::vector<std::string> shown;
  std::copy_if(
      lines.begin(), lines.end(), std::back_inserter(shown),
      [](const std::string& line) { return absl::StrContains(line, " -> "); });
  EXPECT_THAT(shown, UnorderedElementsAreArray(EachToEach(size, message)));
  EXPECT_THAT(lines, Contains(HasSubstr(absl::StrCat("All ", size * (size - 1),
                                                     " envelopes arrived"))));
  for (int pid = 1; pid <= size; ++pid) {
    EXPECT_THAT(lines, Contains(HasSubstr(absl::StrCat("     ", pid, "  "))));
  }
}

TEST(LocalCluster, ExchangesOverTcp) {
  const ProgramCluster cluster(5);
  const auto process = RunWith({"--config=" + cluster.config_path()});
  ExpectExchange(*process, 5, "hello there");
}

// With the shipped config, whose ports nobody opens.
TEST(LocalCluster, ExchangesInMemory) {
  const auto process =
      RunWith({"--transport=loopback", "--message=good morning"});
  ExpectExchange(*process, 5, "good morning");
}

TEST(LocalCluster, IsContentWithOneServer) {
  const ProgramCluster cluster(1);
  const auto process = RunWith({"--config=" + cluster.config_path()});
  ExpectExchange(*process, 1, "hello there");
}

class Churn : public testing::TestWithParam<std::string> {};

// Enough changes that each kind is among them, whatever the seed.
TEST_P(Churn, LosesNothingThatIsNotCounted) {
  const ProgramCluster cluster(5);
  const auto process =
      RunWith({"--config=" + cluster.config_path(), "--churn=30", "--seed=1",
               "--transport=" + GetParam()});
  EXPECT_EQ(process->WaitForExit(kPatience), 0) << process->errors();
  const std::string said = absl::StrJoin(process->TakeLines(), "\n");
  EXPECT_THAT(process->errors(), IsEmpty());
  EXPECT_THAT(said, AllOf(HasSubstr("--seed=1 has them once more"),
                          HasSubstr(" comes.\n"), HasSubstr(" closes.\n"),
                          HasSubstr("it closes, then it is taken out.\n"),
                          HasSubstr(" moves to ")));
  for (int pid = 1; pid <= 5; ++pid) {
    EXPECT_THAT(said, HasSubstr(absl::StrCat("  server ", pid, ": reload ")));
  }
  EXPECT_THAT(said, HasSubstr(": removed "));
  EXPECT_THAT(said, HasSubstr("None was lost that was not counted"));
}

INSTANTIATE_TEST_SUITE_P(LocalCluster, Churn, testing::Values("", "loopback"),
                         [](const auto& info) {
                           return info.param.empty() ? "tcp" : info.param;
                         });

TEST(LocalCluster, SaysThatTwoServersAreTooFewForChurn) {
  const ProgramCluster cluster(2);
  const auto process =
      RunWith({"--config=" + cluster.config_path(), "--churn=1"});
  EXPECT_EQ(process->WaitForExit(kPatience), 2);
  EXPECT_THAT(process->errors(), HasSubstr("3 servers or more"));
}

TEST(LocalCluster, SaysWhichAddressIsInUseAndHowToGoOn) {
  const ProgramCluster cluster(3);
  const auto server = cluster.Start(2);
  ASSERT_TRUE(server->WaitForError("listens on", kPatience));
  const auto process = RunWith({"--config=" + cluster.config_path()});
  EXPECT_EQ(process->WaitForExit(kPatience), 1);
  EXPECT_THAT(process->errors(), AllOf(HasSubstr(cluster.url(2)),
                                       HasSubstr("--transport=loopback")));
  EXPECT_THAT(process->TakeLines(), IsEmpty());
}

}  // namespace
}  // namespace raft_cluster::internal
