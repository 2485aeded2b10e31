#include "raft/cmd/console.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

TEST(ParseInput, BroadcastsText) {
  for (const char* text :
       {"hello there", " 3: indented", "3:text", "12:30 is lunch", "-1: no",
        "3 : no", ": none", "\\n stays"}) {
    const Input input = ParseInput(text);
    EXPECT_EQ(input.kind, Input::kSend) << text;
    EXPECT_EQ(input.to, kBroadcast) << text;
    EXPECT_EQ(input.text, text);
  }
}

TEST(ParseInput, SendsToOneServer) {
  const Input input = ParseInput("3:  two blanks: 4: and more ");
  EXPECT_EQ(input.kind, Input::kSend);
  EXPECT_EQ(input.to, 3);
  EXPECT_EQ(input.text, " two blanks: 4: and more ");

  EXPECT_EQ(ParseInput("2147483647: x").to, 2147483647);
  EXPECT_EQ(ParseInput("4:").to, 4);
  EXPECT_EQ(ParseInput("4:").text, "");
}

TEST(ParseInput, NamesWhatCannotBeAPid) {
  for (const char* pid : {"0", "2147483648", "99999999999999999999"}) {
    const Input input = ParseInput(std::string(pid) + ": text");
    EXPECT_EQ(input.kind, Input::kNoSuchPid);
    EXPECT_EQ(input.text, pid);
  }
}

TEST(ParseInput, KnowsTheCommands) {
  EXPECT_EQ(ParseInput("/peers").kind, Input::kPeers);
  EXPECT_EQ(ParseInput("/stats ").kind, Input::kStats);
  EXPECT_EQ(ParseInput("/stats --raw").kind, Input::kRawStats);
  EXPECT_EQ(ParseInput("/stats --row").kind, Input::kNoCommand);
  EXPECT_EQ(ParseInput("/quit\r").kind, Input::kQuit);
  EXPECT_EQ(ParseInput("/reload").kind, Input::kReload);
  EXPECT_EQ(ParseInput("/help").kind, Input::kHelp);
  const Input unknown = ParseInput("/quiet please");
  EXPECT_EQ(unknown.kind, Input::kNoCommand);
  EXPECT_EQ(unknown.text, "/quiet please");
}

TEST(TypingHelp, NamesEveryCommandThereIs) {
  for (const auto& [typed, meaning] : TypingHelp()) {
    if (typed.front() != '/') continue;
    EXPECT_NE(ParseInput(typed).kind, Input::kNoCommand) << typed;
    EXPECT_FALSE(meaning.empty());
  }
  EXPECT_EQ(TypingHelp().size(), 8u);
}

TEST(ParseInput, PassesOverEmptyLines) {
  EXPECT_EQ(ParseInput("").kind, Input::kNothing);
  EXPECT_EQ(ParseInput(" \t ").kind, Input::kNothing);
}

TEST(ShowEnvelope, IsALine) {
  EXPECT_EQ(ShowEnvelope(1, 2, "hello there"), "1 -> 2: hello there");
  EXPECT_EQ(ShowEnvelope(1, 2, ""), "1 -> 2: ");
  EXPECT_EQ(ShowEnvelope(1, 2, "tab\tand \\n and gr\xc3\xbc\xc3\x9f"),
            "1 -> 2: tab\tand \\n and gr\xc3\xbc\xc3\x9f");
}

TEST(ShowEnvelope, NeverLetsAMessageSpeakToTheTerminal) {
  EXPECT_EQ(ShowEnvelope(1, 2, absl::string_view("a\nb\r\x1b[2J\0\x7f", 10)),
            "1 -> 2: a\\nb\\r\\x1b[2J\\x00\\x7f");
  EXPECT_EQ(ShowEnvelope(1, 2, "\xc2\x9b\x31m"), "1 -> 2: \\xc2\\x9b1m");
  EXPECT_EQ(ShowEnvelope(1, 2, "\xc2"), "1 -> 2: \xc2");
}

TEST(ShowPeers, IsATable) {
  Stats stats;
  PeerStats* one = stats.add_peers();
  one->set_pid(1);
  one->set_url("tcp://127.0.0.1:10001");
  one->set_state(PeerStats::UP);
  PeerStats* three = stats.add_peers();
  three->set_pid(3);
  three->set_url("ipc:///run/three.sock");
  three->set_state(PeerStats::DOWN);
  three->set_reason("left");
  three->set_queued_bytes(1500);
  EXPECT_EQ(ShowPeers(stats),
            " peer  state           queued  url\n"
            "    1  UP                 0 B  tcp://127.0.0.1:10001\n"
            "    3  DOWN (left)    1.5 KiB  ipc:///run/three.sock\n");
}

TEST(ShowBytes, KeepsItShort) {
  EXPECT_EQ(ShowBytes(0), "0 B");
  EXPECT_EQ(ShowBytes(1023), "1023 B");
  EXPECT_EQ(ShowBytes(1024), "1.0 KiB");
  EXPECT_EQ(ShowBytes(uint64_t{64} << 20), "64.0 MiB");
  EXPECT_THAT(ShowBytes(~uint64_t{0}), HasSubstr("TiB"));
}

}  // namespace
}  // namespace raft_cluster::internal
