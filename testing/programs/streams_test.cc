// The programs with standard streams in every state: full, closed, of a shell
// that has put the program into the background, from Windows.
#include <signal.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/local_addresses.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The drain, the last lines to stdout, those to stderr, a busy machine.
constexpr absl::Duration kEndsWithin = absl::Seconds(10);

std::unique_ptr<Process> Shell(const std::vector<std::string>& arguments,
                               bool terminal = false) {
  Process::Spec spec;
  spec.program = "/bin/sh";
  spec.arguments = arguments;
  spec.terminal = terminal;
  return Process::Start(spec).value();
}

TEST(UnreadStderr, DoesNotKeepAServerFromEnding) {
  const ProgramCluster cluster(2);
  Process::Spec spec;
  spec.arguments = {"--pid=1", "--config=" + cluster.config_path(),
                    "--message="};
  spec.unread = true;
  const auto server = StartProgram("server", spec);
  // More than a pipe holds, and read to the end all the same.
  std::string typed;
  for (int i = 0; i < 20000; ++i) absl::StrAppend(&typed, "/stats\n");
  ASSERT_TRUE(server->Write(typed, kPatience));
  const absl::Time start = absl::Now();
  server->Signal(SIGTERM);
  EXPECT_EQ(server->WaitForExit(kEndsWithin), 0);
  EXPECT_LT(absl::Now() - start, kEndsWithin);
}

TEST(UnreadStdout, DoesNotKeepAServerFromEnding) {
  const ProgramCluster cluster(2);
  Process::Spec spec;
  spec.arguments = {"--pid=1", "--config=" + cluster.config_path(),
                    "--message="};
  spec.unread = true;
  const auto one = StartProgram("server", spec);
  const auto two = cluster.Start(2, {"--message="});
  ASSERT_TRUE(two->WaitForError("server 1 is up", kPatience));
  const std::string line = absl::StrCat("1: ", std::string(1000, 'x'), "\n");
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += line;
  ASSERT_TRUE(two->Write(lines + "/done?\n", kPatience));
  ASSERT_TRUE(two->WaitForError("no command /done?", kPatience));
  one->Signal(SIGTERM);
  // What it took and could not print was left.
  const auto code = one->WaitForExit(kEndsWithin);
  ASSERT_TRUE(code.has_value());
  EXPECT_THAT(*code, testing::AnyOf(0, 3));
}

// The shell has the terminal. Whoever reads from it is stopped, by default.
TEST(Background, DoesNotStopAServer) {
  const ProgramCluster cluster(2);
  const auto two = cluster.Start(2, {"--message="});
  const auto shell =
      Shell({"-mc", absl::StrCat("cmd/server --pid=1 --config=",
                                 cluster.config_path(), " & echo $!; wait $!")},
            /*terminal=*/true);
  const auto pid = shell->ReadLine(kPatience);
  ASSERT_TRUE(pid.has_value()) << shell->errors();
  ASSERT_TRUE(shell->WaitForError("In the background", kPatience))
      << shell->errors();
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello there");
  ASSERT_TRUE(shell->Write("meant for the shell\n", kPatience));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(two->Write("1: awake?\n", kPatience));
    EXPECT_EQ(shell->ReadLine(kPatience), "2 -> 1: awake?");
  }
  EXPECT_EQ(two->CountLines(), 0u);
  kill(std::atoi(pid->c_str()), SIGTERM);
  EXPECT_EQ(shell->WaitForExit(kEndsWithin), 0) << shell->errors();
}

TEST(FullDisk, IsSaidAndIsAFailure) {
  const std::string key = absl::StrCat(MakeTestFolder(), "/one.key");
  for (const std::string& command :
       {absl::StrCat("keygen ", key), absl::StrCat("keygen --public ", key),
        std::string("local_cluster --transport=loopback"),
        std::string("server --help"), std::string("keygen --help"),
        std::string("local_cluster --help")}) {
    const auto process =
        Shell({"-c", absl::StrCat("exec cmd/", command, " >/dev/full")});
    EXPECT_EQ(process->WaitForExit(kPatience), 1) << command;
    EXPECT_THAT(process->errors(), HasSubstr("stdout cannot be written"))
        << command;
  }
}

// A pipe whose other end nobody opens, and one that is full.
TEST(Pipe, ThatNobodyUsesKeepsNoProgramFromEnding) {
  const std::string folder = MakeTestFolder();
  const std::string make_pipes = absl::StrCat(
      "mkfifo ", folder, "/pipe ", folder, "/full; exec 3<>", folder,
      "/full; dd if=/dev/zero bs=4096 count=16 >&3 2>/dev/null; ");
  for (const std::string& command :
       {absl::StrCat("cmd/server --pid=1 --config=", folder, "/pipe"),
        absl::StrCat("cmd/local_cluster --config=", folder, "/pipe"),
        absl::StrCat("cmd/keygen ", folder, "/key >&3")}) {
    const auto shell =
        Shell({"-c", absl::StrCat(make_pipes, command,
                                  " & echo $!; wait $!; echo ended $?; rm ",
                                  folder, "/pipe ", folder, "/full")});
    const auto pid = shell->ReadLine(kPatience);
    ASSERT_TRUE(pid.has_value()) << shell->errors();
    absl::SleepFor(absl::Milliseconds(200));  // To get stuck in.
    kill(std::atoi(pid->c_str()), SIGTERM);
    EXPECT_EQ(shell->ReadLine(kPatience), "ended 143") << command;
    EXPECT_EQ(shell->WaitForExit(kPatience), 0) << shell->errors();
  }
}

// Not by a signal that would leave it without a word.
TEST(FullDisk, IsALimitOfFileSizesToo) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer itself ends of the signal";
#endif
#endif
  const std::string file = absl::StrCat(MakeTestFolder(), "/out");
  const auto process =
      Shell({"-c", absl::StrCat("ulimit -f 0; exec cmd/local_cluster "
                                "--transport=loopback >",
                                file)});
  EXPECT_EQ(process->WaitForExit(kPatience), 1);
  EXPECT_THAT(process->errors(), HasSubstr("stdout cannot be written"));
}

TEST(FullDisk, EndsAServer) {
  const ProgramCluster cluster(2);
  const auto one =
      Shell({"-c", absl::StrCat("exec cmd/server --pid=1 --config=",
                                cluster.config_path(), " >/dev/full")});
  const auto two = cluster.Start(2);
  EXPECT_EQ(one->WaitForExit(kPatience), 1);
  EXPECT_THAT(one->errors(), HasSubstr("stdout cannot be written: No space"));
}

TEST(Server, TakesTheLineEndsOfWindows) {
  const ProgramCluster cluster(2);
  const auto one = cluster.Start(1, {"--message="});
  const auto two = cluster.Start(2, {"--message="});
  ASSERT_TRUE(one->Write("2: to two\r\n2:\r\nto all\r\n/done?\r\n", kPatience));
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: to two");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: ");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: to all");
  EXPECT_TRUE(one->WaitForError("no command /done?;", kPatience));
}

TEST(Server, MayOpenAsManyFilesAsItsHardLimitSays) {
  const ProgramCluster cluster(2);
  const auto server = Shell(
      {"-c", absl::StrCat("ulimit -Sn 64; cmd/server --pid=1 --config=",
                          cluster.config_path(),
                          " --message= & read line; echo $(grep '^Max open' "
                          "/proc/$!/limits); kill $!; wait $!")});
  ASSERT_TRUE(server->WaitForError("listens on", kPatience));
  ASSERT_TRUE(server->Write("go\n", kPatience));
  const auto limits = server->ReadLine(kPatience);
  ASSERT_TRUE(limits.has_value());
  EXPECT_THAT(*limits, Not(HasSubstr("Max open files 64 ")));
  EXPECT_EQ(server->WaitForExit(kPatience), 0);
}

// Its peers know it by its url, and find it there.
TEST(Server, ListensWhereItsEntrySays) {
  const LocalAddresses addresses = LocalAddresses::Pick("tcp", 2).value();
  const std::string& url = addresses.urls()[0];
  const std::string port = url.substr(url.rfind(':'));
  const std::string config = absl::StrCat(
      "--config=",
      WriteTestFile(absl::StrCat(
          R"({"object": {"total": 2, "Servers": [{"mypid": 1, "url": ")", url,
          R"(", "listen": "0.0.0.0)", port, R"("}, {"mypid": 2, "url": ")",
          addresses.urls()[1], R"("}]}})")));
  Process::Spec spec;
  spec.arguments = {"--pid=1", config};
  const auto one = StartProgram("server", spec);
  spec.arguments = {"--pid=2", config};
  const auto two = StartProgram("server", spec);
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: hello there");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello there");
  EXPECT_THAT(one->errors(),
              HasSubstr(absl::StrCat("listens on tcp://0.0.0.0", port)));
}

}  // namespace
}  // namespace raft_cluster::internal
