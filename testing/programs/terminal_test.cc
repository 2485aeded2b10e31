// //cmd:server with somebody who types at a terminal.
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kEndOfInput[] = "\x04";  // Ctrl-D.

// Asks for the peers until `text` is among the answers.
bool AskUntil(Process& terminal, const std::string& text) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (absl::Now() < deadline) {
    if (!terminal.Write("/peers\n", kPatience)) return false;
    if (terminal.WaitForError(text, absl::Milliseconds(50))) return true;
  }
  return false;
}

TEST(Terminal, WaitsForEnterAndDoesWhatIsTyped) {
  const ProgramCluster cluster(3);
  const auto two = cluster.Start(2, {"--message="});
  const auto terminal = cluster.Start(1, {}, /*terminal=*/true);
  ASSERT_TRUE(terminal->WaitForError(
      "Press Enter to broadcast \"hello there\".", kPatience));
  EXPECT_THAT(terminal->errors(),
              AllOf(HasSubstr("server 1 listens on " + cluster.url(1)),
                    HasSubstr("peer 2  " + cluster.url(2)),
                    HasSubstr("peer 3  " + cluster.url(3))));

  // Commands work before Enter, and do not stand for it.
  ASSERT_TRUE(AskUntil(*terminal, "    2  UP "));
  EXPECT_THAT(terminal->errors(), HasSubstr("    3  CONNECTING "));
  ASSERT_TRUE(terminal->Write("/stats\n", kPatience));
  ASSERT_TRUE(terminal->WaitForError("every ledger balances", kPatience));
  EXPECT_THAT(terminal->errors(), Not(HasSubstr("incarnation")));
  ASSERT_TRUE(terminal->Write("/stats --raw\n", kPatience));
  ASSERT_TRUE(terminal->WaitForError("incarnation", kPatience));
  EXPECT_THAT(terminal->errors(), Not(HasSubstr("accepted:")));
  EXPECT_EQ(two->CountLines(), 0u);

  // What comes in is shown all the while.
  ASSERT_TRUE(two->Write("1: knock\n", kPatience));
  EXPECT_EQ(terminal->ReadLine(kPatience), "2 -> 1: knock");

  ASSERT_TRUE(terminal->Write("\n", kPatience));
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello there");
  ASSERT_TRUE(
      terminal->Write("\nto all\n3: not to two\n9: nobody\n/what\n"
                      "2: to two\n",
                      kPatience));
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: to all");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: to two");
  EXPECT_TRUE(terminal->WaitForError("not sent: no server 9", kPatience));
  EXPECT_TRUE(terminal->WaitForError("no command /what", kPatience));

  ASSERT_TRUE(terminal->Write("/quit\n", kPatience));
  EXPECT_EQ(terminal->WaitForExit(kPatience), 3);
  // The greeting, "to all" and "not to two".
  EXPECT_THAT(terminal->errors(),
              HasSubstr("left for server 3: 3 not known to be taken"));
  EXPECT_THAT(terminal->TakeLines(), IsEmpty());
}

TEST(Terminal, SendsNoGreetingBesideTheFirstLineThatIsTyped) {
  const ProgramCluster cluster(2);
  const auto two = cluster.Start(2, {"--message="});
  const auto terminal = cluster.Start(1, {}, /*terminal=*/true);
  ASSERT_TRUE(terminal->Write("my own words\n\nand more\n", kPatience));
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: my own words");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: and more");
}

TEST(Terminal, AsksNobodyToBroadcastNothing) {
  const ProgramCluster cluster(2);
  const auto terminal = cluster.Start(1, {"--message="}, /*terminal=*/true);
  ASSERT_TRUE(terminal->WaitForError("Type a line to broadcast it", kPatience));
  EXPECT_THAT(terminal->errors(), Not(HasSubstr("Press Enter")));
}

TEST(Terminal, HelpsWhoeverAsks) {
  const ProgramCluster cluster(2);
  const auto terminal = cluster.Start(1, {}, /*terminal=*/true);
  ASSERT_TRUE(terminal->Write("/help\n", kPatience));
  EXPECT_TRUE(terminal->WaitForError("sends it to server 3 alone", kPatience));
  EXPECT_TRUE(terminal->WaitForError("/quit ", kPatience));
}

TEST(Terminal, EndsWithItsInput) {
  const ProgramCluster cluster(2);
  const auto terminal = cluster.Start(1, {}, /*terminal=*/true);
  ASSERT_TRUE(terminal->Write(kEndOfInput, kPatience));
  EXPECT_EQ(terminal->WaitForExit(kPatience), 0);
  EXPECT_THAT(terminal->errors(), HasSubstr("the input has ended"));
}

TEST(Terminal, EndsWhenItIsClosed) {
  const ProgramCluster cluster(2);
  const auto terminal = cluster.Start(1, {}, /*terminal=*/true);
  ASSERT_TRUE(terminal->WaitForError("Press Enter", kPatience));
  terminal->CloseInput();
  EXPECT_EQ(terminal->WaitForExit(kPatience), 0);
}

}  // namespace
}  // namespace raft_cluster::internal
