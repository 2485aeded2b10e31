// Real //cmd:server processes that talk to each other over tcp.
#include <signal.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAreArray;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kLeft = 3;

// What closing may take: the drain, the reader of stdout, a busy machine.
constexpr absl::Duration kEndsWithin = absl::Seconds(10);

using Processes = std::map<int, std::unique_ptr<Process>>;

std::string Greeting(int from, int to) {
  return absl::StrCat(from, " -> ", to, ": hello there");
}

// Reads `count` lines, or as many as come.
std::vector<std::string> ReadLines(Process& process, size_t count) {
  std::vector<std::string> lines;
  while (lines.size() < count) {
    auto line = process.ReadLine(kPatience);
    if (!line.has_value()) break;
    lines.push_back(*std::move(line));
  }
  return lines;
}

// Ends all of them, and expects that none has anything more to say.
void EndAll(const Processes& processes) {
  for (const auto& [pid, process] : processes) process->Signal(SIGTERM);
  for (const auto& [pid, process] : processes) {
    EXPECT_EQ(process->WaitForExit(kEndsWithin), kDone) << process->errors();
    EXPECT_THAT(process->TakeLines(), IsEmpty());
  }
}

void ExpectGreetings(const Processes& processes, const std::vector<int>& from) {
  for (const auto& [pid, process] : processes) {
    std::vector<std::string> greetings;
    for (int sender : from) {
      if (sender != pid) greetings.push_back(Greeting(sender, pid));
    }
    EXPECT_THAT(ReadLines(*process, greetings.size()),
                UnorderedElementsAreArray(greetings))
        << process->errors();
  }
}

class StartOrder : public testing::TestWithParam<std::vector<int>> {};

TEST_P(StartOrder, DoesNotMatter) {
  const ProgramCluster cluster(5);
  Processes processes;
  for (int pid : GetParam()) processes[pid] = cluster.Start(pid);
  ExpectGreetings(processes, GetParam());
  EndAll(processes);
}

INSTANTIATE_TEST_SUITE_P(Server, StartOrder,
                         testing::Values(std::vector<int>{1, 2, 3, 4, 5},
                                         std::vector<int>{2, 3, 4, 5, 1},
                                         std::vector<int>{3, 4, 5, 1, 2},
                                         std::vector<int>{4, 5, 1, 2, 3},
                                         std::vector<int>{5, 1, 2, 3, 4},
                                         std::vector<int>{5, 4, 3, 2, 1}),
                         [](const auto& info) {
                           return absl::StrJoin(info.param, "");
                         });

// The late one starts a second after the others have all that they can have.
TEST(Server, HearsWhatWasSaidBeforeItCame) {
  const ProgramCluster cluster(5);
  Processes processes;
  for (int pid : {1, 2, 4, 5}) processes[pid] = cluster.Start(pid);
  ExpectGreetings(processes, {1, 2, 4, 5});
  absl::SleepFor(absl::Seconds(1));
  Processes late;
  late[3] = cluster.Start(3);
  ExpectGreetings(late, {1, 2, 4, 5});
  ExpectGreetings(processes, {3});
  processes.merge(late);
  EndAll(processes);
}

TEST(Server, IsHeardAgainAfterItWasKilled) {
  const ProgramCluster cluster(3);
  Processes processes;
  for (int pid : {1, 2, 3}) processes[pid] = cluster.Start(pid);
  ExpectGreetings(processes, {1, 2, 3});

  processes[2]->Signal(SIGKILL);
  EXPECT_EQ(processes[2]->WaitForExit(kPatience), -SIGKILL);
  processes[2] = cluster.Start(2);
  EXPECT_EQ(processes[1]->ReadLine(kPatience), Greeting(2, 1));
  EXPECT_EQ(processes[3]->ReadLine(kPatience), Greeting(2, 3));

  // And hears: after what the old life may not have taken.
  ASSERT_TRUE(processes[1]->Write("2: welcome back\n", kPatience));
  for (;;) {
    const auto line = processes[2]->ReadLine(kPatience);
    ASSERT_TRUE(line.has_value()) << processes[2]->errors();
    if (*line == "1 -> 2: welcome back") break;
    EXPECT_THAT(*line, HasSubstr("hello there"));
  }
  EndAll(processes);
}

TEST(Server, SaysWhereItListensAndWhoItsPeersAre) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1);
  EXPECT_TRUE(server->WaitForError(
      absl::StrCat("server 1 listens on ", cluster.url(1)), kPatience));
  EXPECT_TRUE(server->WaitForError(absl::StrCat("peer 2  ", cluster.url(2)),
                                   kPatience));
}

TEST(Server, SaysWhichAddressIsInUse) {
  const ProgramCluster cluster(2);
  const auto first = cluster.Start(1);
  ASSERT_TRUE(first->WaitForError("listens on", kPatience));
  const auto second = cluster.Start(1);
  EXPECT_EQ(second->WaitForExit(kPatience), kFailed);
  EXPECT_THAT(second->errors(), HasSubstr(cluster.url(1)));
  EXPECT_THAT(second->errors(), HasSubstr("the same server started twice"));
}

TEST(Server, SendsWhatItReads) {
  const ProgramCluster cluster(3);
  Processes processes;
  for (int pid : {1, 2, 3}) {
    processes[pid] = cluster.Start(pid, {"--message="});
  }
  ASSERT_TRUE(
      processes[1]->Write("to all\n3: to three\n\n2: to two\n"
                          "4: to nobody\n1: to myself\n/hello\n"
                          "0: zero\n12:30 is lunch\nlast",
                          kPatience));
  processes[1]->CloseInput();  // Ends the last line, but not the program.

  EXPECT_THAT(ReadLines(*processes[2], 4),
              ElementsAre("1 -> 2: to all", "1 -> 2: to two",
                          "1 -> 2: 12:30 is lunch", "1 -> 2: last"));
  EXPECT_THAT(ReadLines(*processes[3], 4),
              ElementsAre("1 -> 3: to all", "1 -> 3: to three",
                          "1 -> 3: 12:30 is lunch", "1 -> 3: last"));
  EXPECT_THAT(processes[1]->errors(),
              AllOf(HasSubstr("not sent: no server 4"),
                    HasSubstr("not sent: server 1 sends to itself"),
                    HasSubstr("no command /hello"),
                    HasSubstr("not sent: there is no server 0")));

  ASSERT_TRUE(processes[2]->Write("1: still there?\n", kPatience));
  EXPECT_EQ(processes[1]->ReadLine(kPatience), "2 -> 1: still there?");
  EndAll(processes);
}

TEST(Server, PrintsAnEnvelopeInOneLine) {
  const ProgramCluster cluster(2);
  Processes processes;
  processes[1] = cluster.Start(1, {"--message=two\nlines\x1b[2J"});
  processes[2] = cluster.Start(2, {"--message="});
  EXPECT_EQ(processes[2]->ReadLine(kPatience), "1 -> 2: two\\nlines\\x1b[2J");
  EndAll(processes);
}

TEST(Server, RefusesALineThatIsTooLong) {
  const ProgramCluster cluster(2);
  Processes processes;
  processes[1] = cluster.Start(1, {"--message="});
  processes[2] = cluster.Start(2, {"--message="});
  constexpr size_t kLimit = size_t{16} << 20;
  ASSERT_TRUE(processes[1]->Write(std::string(kLimit + 1, 'x') + "\n" +
                                      std::string(2 * kLimit, 'y') + "\n" +
                                      std::string(kLimit, 'z') + "\n",
                                  kPatience));
  EXPECT_EQ(processes[2]->ReadLine(kPatience),
            "1 -> 2: " + std::string(kLimit, 'z'));
  EXPECT_THAT(processes[1]->errors(), AllOf(HasSubstr(absl::StrCat(kLimit + 1)),
                                            HasSubstr(absl::StrCat(2 * kLimit)),
                                            HasSubstr(absl::StrCat(kLimit))));
  EndAll(processes);
}

// As `printf '2: ...\n/quit\n' | server --pid=1` does.
TEST(Server, DeliversWhatItReadsBeforeItQuits) {
  const ProgramCluster cluster(2);
  const std::unique_ptr<Process> two = cluster.Start(2);
  ASSERT_TRUE(two->WaitForError("listens on", kPatience));
  const std::unique_ptr<Process> one = cluster.Start(1, {"--message="});
  ASSERT_TRUE(one->Write("2: hello, and farewell\n/quit\n", kPatience));
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello, and farewell");
  EXPECT_EQ(one->WaitForExit(kEndsWithin), kDone) << one->errors();
}

TEST(Server, QuitsFromAPipe) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1, {"--message="});
  ASSERT_TRUE(server->Write("/quit\nnot this\nnor that\n", kPatience));
  EXPECT_EQ(server->WaitForExit(kEndsWithin), kDone);
  EXPECT_THAT(server->errors(), AllOf(HasSubstr("server 1 ends: /quit"),
                                      HasSubstr("2 lines were read and not "
                                                "sent")));
}

class EndSignal : public testing::TestWithParam<int> {};

// All that was read when the signal came reaches a peer that is up.
TEST_P(EndSignal, DrainsToLivePeers) {
  const ProgramCluster cluster(2);
  const auto one = cluster.Start(1, {"--message="});
  const auto two = cluster.Start(2, {"--message=ready"});
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: ready");

  constexpr int kLines = 20000;
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; i < kLines; ++i) {
    absl::StrAppend(&text, "line ", i, "\n");
    expected.push_back(absl::StrCat("1 -> 2: line ", i));
  }
  // What comes after the lines is answered when they have been accepted.
  ASSERT_TRUE(one->Write(text + "/done?\n", kPatience));
  ASSERT_TRUE(one->WaitForError("no command /done?", kPatience));
  one->Signal(GetParam());
  EXPECT_EQ(one->WaitForExit(kEndsWithin), kDone);
  EXPECT_THAT(one->errors(), Not(HasSubstr("left for server")));
  EXPECT_EQ(ReadLines(*two, kLines), expected);
}

INSTANTIATE_TEST_SUITE_P(Server, EndSignal, testing::Values(SIGINT, SIGTERM),
                         [](const auto& info) {
                           return std::string(sigabbrev_np(info.param));
                         });

// It is gone when the failure timeout has passed since the start.
TEST(Server, DoesNotWaitForLongForAPeerThatNeverCame) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1);
  ASSERT_TRUE(server->WaitForError("listens on", kPatience));
  ASSERT_TRUE(server->Write("2: anybody?\n/done?\n", kPatience));
  ASSERT_TRUE(server->WaitForError("no command /done?", kPatience));
  const absl::Time start = absl::Now();
  server->Signal(SIGTERM);
  EXPECT_EQ(server->WaitForExit(kEndsWithin), kLeft);
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_THAT(server->errors(),
              AllOf(HasSubstr("server 1 ends: SIGTERM"),
                    HasSubstr("left for server 2: 2 not known to be taken")));
}

TEST(Server, GivesItsAccountWhenASignalAsks) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1, {"--message=to nobody"});
  ASSERT_TRUE(server->WaitForError("listens on", kPatience));
  ASSERT_TRUE(server->Write("/done?\n", kPatience));
  ASSERT_TRUE(server->WaitForError("no command /done?", kPatience));
  server->Signal(SIGUSR1);
  EXPECT_TRUE(server->WaitForError("in_flight: 1", kPatience));
  server->Signal(SIGTERM);
  EXPECT_EQ(server->WaitForExit(kEndsWithin), kLeft);
}

// A peer that was stopped looks alive for a while: it is waited for, but not
// longer than promised.
TEST(Server, EndsInBoundedTimeBesideAPeerThatIsStopped) {
  const ProgramCluster cluster(2);
  const auto one = cluster.Start(1, {"--message="});
  const auto two = cluster.Start(2, {"--message=ready"});
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: ready");
  two->Signal(SIGSTOP);
  ASSERT_TRUE(one->Write("asleep?\n/done?\n", kPatience));
  ASSERT_TRUE(one->WaitForError("no command /done?", kPatience));
  const absl::Time start = absl::Now();
  one->Signal(SIGTERM);
  EXPECT_EQ(one->WaitForExit(kEndsWithin), kLeft);
  EXPECT_LT(absl::Now() - start, absl::Seconds(4));
  EXPECT_THAT(one->errors(), HasSubstr("left for server 2: 1 not known"));
}

TEST(Server, EndsWhenItHasBeenIdleForLong) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1, {"--idle_timeout=200ms", "--message="});
  EXPECT_EQ(server->WaitForExit(kPatience), kDone);
  EXPECT_THAT(server->errors(), HasSubstr("idle_timeout"));
}

TEST(Server, EndsWhenNobodyReadsWhatItReceives) {
  const ProgramCluster cluster(2);
  const auto one = cluster.Start(1, {"--message="});
  const auto two = cluster.Start(2, {"--message="});
  one->CloseOutput();
  // Until the pipe is closed, lines may still get through.
  while (!one->WaitForExit(absl::Milliseconds(10)).has_value()) {
    ASSERT_TRUE(two->Write("1: anybody?\n", kPatience));
  }
  EXPECT_EQ(one->WaitForExit(kPatience), kFailed);
  EXPECT_THAT(one->errors(), HasSubstr("stdout cannot be written"));
}

// The newer of two lives takes over; the older must not look as if all is well.
// The twin listens elsewhere, since one address cannot have two.
void ExpectThatATwinTakesOver(bool while_it_is_stopped) {
  const ProgramCluster cluster(2);
  const ProgramCluster elsewhere(1);
  const std::string twin_config = WriteTestFile(absl::StrCat(
      R"({"object": {"total": 2, "Servers": [{"mypid": 1, "url": ")",
      cluster.url(1), R"(", "listen": ")", elsewhere.url(1),
      R"("}, {"mypid": 2, "url": ")", cluster.url(2), R"("}]}})"));
  const auto one = cluster.Start(1);
  const auto two = cluster.Start(2);
  EXPECT_EQ(two->ReadLine(kPatience), Greeting(1, 2));
  EXPECT_EQ(one->ReadLine(kPatience), Greeting(2, 1));
  Process::Spec spec;
  spec.arguments = {"--pid=1", "--config=" + twin_config};
  if (while_it_is_stopped) one->Signal(SIGSTOP);
  const auto twin = StartProgram("server", spec);
  if (while_it_is_stopped) {
    ASSERT_TRUE(twin->WaitForError("listens on", kPatience));
    one->Signal(SIGCONT);
  }
  EXPECT_EQ(one->WaitForExit(kPatience), kFailed);
  EXPECT_THAT(one->errors(), HasSubstr("superseded"));
}

TEST(Server, FailsWhenANewerLifeHasTakenOver) {
  ExpectThatATwinTakesOver(/*while_it_is_stopped=*/false);
}

TEST(Server, FailsWhenANewerLifeHasTakenOverWhileItStoodStill) {
  ExpectThatATwinTakesOver(/*while_it_is_stopped=*/true);
}

}  // namespace
}  // namespace raft_cluster::internal
