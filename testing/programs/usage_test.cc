// The programs' words and exit codes where the command line or the config is
// wrong: 2, before anything is opened.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/base/version.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kUsage = 2;

std::unique_ptr<Process> RunWith(const std::string& program,
                                 const std::vector<std::string>& arguments) {
  Process::Spec spec;
  spec.arguments = arguments;
  return StartProgram(program, std::move(spec));
}

void ExpectUsageError(const std::string& program,
                      const std::vector<std::string>& arguments,
                      const std::vector<std::string>& said) {
  const auto process = RunWith(program, arguments);
  EXPECT_EQ(process->WaitForExit(kPatience), kUsage);
  for (const std::string& text : said) {
    EXPECT_THAT(process->errors(), HasSubstr(text));
  }
  EXPECT_THAT(process->TakeLines(), IsEmpty());
}

TEST(ServerUsage, WantsAPid) {
  const std::string missing = "--pid is missing, or not positive";
  ExpectUsageError("server", {},
                   {missing, "Usage: server --pid=N", "--idle_timeout"});
  ExpectUsageError("server", {"--pid=0"}, {missing});
  ExpectUsageError("server", {"--pid=-1"}, {missing});
}

TEST(ServerUsage, NamesWhatIsWrongWithAFlag) {
  ExpectUsageError("server", {"--pid=two"}, {"two", "pid", "Usage: "});
  ExpectUsageError("server", {"--pid"}, {"--pid needs a value"});
  ExpectUsageError("server", {"--pid=1", "--color=red"},
                   {"unknown flag --color", "Usage: "});
  ExpectUsageError("server", {"--pid=1", "2"}, {"what is \"2\"?"});
  ExpectUsageError("server", {"--pid=1", "--idle_timeout=5"}, {"idle_timeout"});
  ExpectUsageError("server", {"--pid=1", "--idle_timeout=-5s"},
                   {"idle_timeout"});
  ExpectUsageError("server", {"--pid=1", "--failure_timeout=1ms"},
                   {"--failure_timeout is 1ms"});
  ExpectUsageError("server", {"--pid=1", "--spin=1s"}, {"--spin is 1s"});
  ExpectUsageError("server", {"--pid=1", "--total_budget_bytes=1000"},
                   {"--total_budget_bytes is 1000"});
  ExpectUsageError("server", {"--pid=1", "--failure_timeout=5"},
                   {"a time has a unit, such as 5s"});
}

TEST(ServerUsage, NamesTheConfigThatIsNotThere) {
  ExpectUsageError("server", {"--pid=1", "--config=/nowhere/my.json"},
                   {"/nowhere/my.json: cannot be read"});
}

TEST(ServerUsage, NamesThePidsThereAre) {
  const std::string config = WriteTestFile(R"({"object": {"total": 2,
      "Servers": [{"mypid": 3, "url": "127.0.0.1:1"},
                  {"mypid": 4, "url": "127.0.0.1:2"}]}})");
  ExpectUsageError("server", {"--pid=9", "--config=" + config},
                   {"9", "there are 3, 4"});
}

TEST(ServerUsage, NamesASchemeThatNobodyKnows) {
  const std::string config = WriteTestFile(R"({"object": {"total": 1,
      "Servers": [{"mypid": 1, "url": "carrier-pigeon://loft"}]}})");
  ExpectUsageError("server", {"--pid=1", "--config=" + config},
                   {"entry 1 (mypid 1), field \"url\"", "carrier-pigeon",
                    "ipc, loopback, plain, shm, tcp, tls, unix"});
}

// The config of the project that this one succeeds.
TEST(ServerUsage, NamesThePortThatDoesNotExist) {
  const std::string config = WriteTestFile(R"({"object": {"total": 2,
      "Servers": [{"mypid": 1, "url": "127.0.0.1:100001"},
                  {"mypid": 2, "url": "127.0.0.1:100002"}]}})");
  for (const std::string program : {"server", "local_cluster"}) {
    std::vector<std::string> arguments = {"--config=" + config};
    if (program == "server") arguments.push_back("--pid=2");
    ExpectUsageError(program, arguments,
                     {config + ": entry 1 (mypid 1), field \"url\": port "
                               "100001 of \"127.0.0.1:100001\" is not in "
                               "1..65535"});
  }
}

TEST(ServerUsage, HelpsWhoeverAsks) {
  for (const std::string program : {"server", "local_cluster"}) {
    const auto process = RunWith(program, {"--help"});
    EXPECT_EQ(process->WaitForExit(kPatience), 0);
    EXPECT_THAT(process->errors(), IsEmpty());
    const auto lines = process->TakeLines();
    EXPECT_THAT(lines, testing::Contains(HasSubstr("--config")));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("\"hello there\"")));
  }
}

TEST(Help, SaysAllThatANewUserCannotGuess) {
  for (const std::string program : {"server", "local_cluster", "keygen"}) {
    const auto process = RunWith(program, {"--help"});
    EXPECT_EQ(process->WaitForExit(kPatience), 0);
    const auto lines = process->TakeLines();
    for (const char* heading : {"Flags:", "Exit codes:"}) {
      EXPECT_THAT(lines, testing::Contains(heading)) << program;
    }
    for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
  }
  const auto server = RunWith("server", {"--help"});
  EXPECT_EQ(server->WaitForExit(kPatience), 0);
  const auto lines = server->TakeLines();
  for (const char* text :
       {"  3: text ", "  /peers ", "  /help ", "  SIGUSR1 ", "  3 "}) {
    EXPECT_THAT(lines, testing::Contains(testing::StartsWith(text)));
  }
}

TEST(ServerUsage, KnowsThatNobodyIsThereInItsMemory) {
  const std::string config = WriteTestFile(
      R"({"object": {"total": 2, "Servers": [
          {"mypid": 1, "url": "loopback://one"},
          {"mypid": 2, "url": "loopback://two"}]}})");
  ExpectUsageError("server", {"--pid=1", absl::StrCat("--config=", config)},
                   {"meet in one process only", "local_cluster"});
}

TEST(Version, IsToldByEveryProgram) {
  for (const std::string program : {"server", "local_cluster", "keygen"}) {
    const auto process = RunWith(program, {"--version"});
    EXPECT_EQ(process->WaitForExit(kPatience), 0);
    EXPECT_THAT(process->TakeLines(), testing::ElementsAre(absl::StrCat(
                                          program, " (raft) ", kVersion)));
  }
}

TEST(LocalClusterUsage, NamesWhatIsWrongWithAFlag) {
  ExpectUsageError("local_cluster", {"--transport=pigeon"},
                   {"--transport", "\"pigeon\"", "Usage: local_cluster"});
  ExpectUsageError("local_cluster", {"--pid=1"}, {"unknown flag --pid"});
  ExpectUsageError("local_cluster", {"2"}, {"what is \"2\"?"});
}

// A pid that no config has shows which config is read, and binds no port.
TEST(DefaultConfig, IsTheOneInTheFolderOfTheUser) {
  const std::string mine = WriteTestFile(R"({"object": {"total": 1,
      "Servers": [{"mypid": 7, "url": "127.0.0.1:1"}]}})");
  const std::string folder = mine.substr(0, mine.rfind('/'));
  Process::Spec spec;
  spec.arguments = {"--pid=99"};
  spec.folder = folder;
  const auto started_here = StartProgram("server", spec);
  EXPECT_EQ(started_here->WaitForExit(kPatience), kUsage);
  EXPECT_THAT(started_here->errors(), HasSubstr("there are 7"));

  // As `bazel run` does it.
  spec.folder = "";
  spec.environment = {{"BUILD_WORKING_DIRECTORY", folder}};
  const auto through_bazel = StartProgram("server", spec);
  EXPECT_EQ(through_bazel->WaitForExit(kPatience), kUsage);
  EXPECT_THAT(through_bazel->errors(), HasSubstr("there are 7"));
}

TEST(DefaultConfig, IsTheShippedOneElsewhere) {
  Process::Spec spec;
  spec.arguments = {"--pid=99"};
  spec.folder = MakeTestFolder();
  const auto process = StartProgram("server", spec);
  EXPECT_EQ(process->WaitForExit(kPatience), kUsage);
  EXPECT_THAT(process->errors(), HasSubstr("there are 1, 2, 3, 4, 5"));
}

}  // namespace
}  // namespace raft_cluster::internal
