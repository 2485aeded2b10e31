#include "raft/testing/programs/process.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(30);

std::unique_ptr<Process> Shell(const std::string& script) {
  Process::Spec spec;
  spec.program = "/bin/sh";
  spec.arguments = {"-c", script};
  spec.environment = {{"GREETING", "hello"}};
  spec.folder = "/";
  return Process::Start(spec).value();
}

TEST(Process, CollectsWhatItWrites) {
  const auto shell = Shell("echo $GREETING; pwd; printf tail; echo no >&2");
  EXPECT_EQ(shell->WaitForExit(kPatience), 0);
  EXPECT_EQ(shell->ReadLine(kPatience), "hello");
  EXPECT_EQ(shell->CountLines(), 1u);
  EXPECT_THAT(shell->TakeLines(), ElementsAre("/"));
  EXPECT_EQ(shell->ReadLine(kPatience), absl::nullopt);
  EXPECT_EQ(shell->errors(), "no\n");
}

TEST(Process, IsWrittenTo) {
  const auto shell = Shell("cat");
  EXPECT_TRUE(shell->Write("one\n", kPatience));
  EXPECT_EQ(shell->ReadLine(kPatience), "one");
  EXPECT_EQ(shell->WaitForExit(absl::Milliseconds(1)), absl::nullopt);
  shell->CloseInput();
  EXPECT_EQ(shell->WaitForExit(kPatience), 0);
}

TEST(Process, IsGoneThoughAChildOfItsOwnIsNot) {
  const auto shell = Shell("sleep 30 & echo last; exit 4");
  EXPECT_EQ(shell->WaitForExit(absl::Seconds(15)), 4);
  EXPECT_EQ(shell->ReadLine(kPatience), "last");
}

TEST(Process, MayNotReadAtAll) {
  const auto shell = Shell("kill -STOP $$");
  EXPECT_FALSE(shell->Write(std::string(1 << 20, 'x'), absl::Milliseconds(50)));
}

TEST(Process, MayBeGoneWhenItIsWrittenTo) {
  const auto shell = Shell("exit 3");
  EXPECT_EQ(shell->WaitForExit(kPatience), 3);
  EXPECT_FALSE(shell->Write("anybody?", kPatience));
  shell->Signal(SIGTERM);
}

TEST(Process, SaysWhichSignalEndedIt) {
  const auto shell = Shell("echo ready >&2; exec cat");
  EXPECT_TRUE(shell->WaitForError("ready\n", kPatience));
  EXPECT_FALSE(shell->WaitForError("steady", absl::Milliseconds(1)));
  shell->Signal(SIGKILL);
  EXPECT_EQ(shell->WaitForExit(kPatience), -SIGKILL);
}

TEST(Process, SeesThatNobodyReadsItsOutput) {
  const auto shell = Shell("read line; echo $line; exec cat");
  shell->CloseOutput();
  // Until the collector has closed it, a line may still get through.
  EXPECT_TRUE(shell->Write("one\n", kPatience));
  for (int i = 0; i < 3000 && !shell->WaitForExit(absl::Milliseconds(10));
       ++i) {
    shell->Write("more\n", kPatience);
  }
  EXPECT_TRUE(shell->WaitForExit(kPatience).has_value());
}

TEST(Process, HasATerminal) {
  Process::Spec spec;
  spec.program = "/bin/sh";
  spec.arguments = {"-c", "test -t 0 && read line && echo $line && exec cat"};
  spec.terminal = true;
  const auto shell = Process::Start(spec).value();
  EXPECT_TRUE(shell->Write("typed\n", kPatience));
  EXPECT_EQ(shell->ReadLine(kPatience), "typed");
  EXPECT_TRUE(shell->Write("\x04", kPatience));  // Ctrl-D.
  EXPECT_EQ(shell->WaitForExit(kPatience), 0);
}

TEST(Process, IsNotFound) {
  Process::Spec spec;
  spec.program = "nowhere/program";
  EXPECT_EQ(Process::Start(spec).value()->WaitForExit(kPatience), 127);
}

TEST(Process, EndsWithItsObjectAndLeavesNoZombie) {
  Shell("trap '' TERM; exec cat");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace raft_cluster::internal
