// Real servers whose configurations do not agree: nobody ends, and both ends
// say what is wrong.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

// Two installations without a name for their clusters; the file of the second
// one has the address of the first one's server 1 for its own.
TEST(Stranger, OfAnotherInstallationWithAWrongPortEndsNobody) {
  const ProgramCluster cluster(2);
  const ProgramCluster elsewhere(1);
  const std::string wrong = WriteTestFile(absl::StrCat(
      R"({"object": {"total": 2, "Servers": [{"mypid": 1, "url": ")",
      cluster.url(1), R"("}, {"mypid": 2, "url": ")", elsewhere.url(1),
      R"("}]}})"));
  const auto one = cluster.Start(1);
  const auto two = cluster.Start(2);
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello there");
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: hello there");
  Process::Spec spec;
  spec.arguments = {"--pid=2", "--config=" + wrong};
  const auto stranger = StartProgram("server", spec);
  EXPECT_TRUE(one->WaitForError("OTHER_ADDRESS", kPatience));
  EXPECT_TRUE(one->WaitForError(elsewhere.url(1), kPatience));
  EXPECT_TRUE(
      stranger->WaitForError("takes this server for a stranger", kPatience));
  EXPECT_TRUE(two->Write("1: still here\n", kPatience));
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: still here");
}

// Its file has a port where nobody listens any more.
TEST(Stranger, WhoseNewPortThePeerDoesNotKnowIsToldSo) {
  const ProgramCluster cluster(2);
  const ProgramCluster elsewhere(1);
  const std::string older = WriteTestFile(absl::StrCat(
      R"({"object": {"total": 2, "Servers": [{"mypid": 1, "url": ")",
      elsewhere.url(1), R"("}, {"mypid": 2, "url": ")", cluster.url(2),
      R"("}]}})"));
  const auto one = cluster.Start(1);
  Process::Spec spec;
  spec.arguments = {"--pid=2", "--config=" + older};
  const auto two = StartProgram("server", spec);
  EXPECT_TRUE(two->WaitForError("OTHER_ADDRESS", kPatience));
  EXPECT_TRUE(two->WaitForError("cannot be reached at", kPatience));
  EXPECT_TRUE(
      one->WaitForError("its configuration has another url", kPatience));
}

// A server that was added to the file, and the file not rolled out.
TEST(Stranger, WhosePidThePeerDoesNotKnowIsToldSo) {
  const ProgramCluster cluster(2);
  const ProgramCluster elsewhere(1);
  const std::string newer = WriteTestFile(absl::StrCat(
      R"({"object": {"total": 3, "Servers": [{"mypid": 1, "url": ")",
      cluster.url(1), R"("}, {"mypid": 2, "url": ")", cluster.url(2),
      R"("}, {"mypid": 3, "url": ")", elsewhere.url(1), R"("}]}})"));
  const auto one = cluster.Start(1);
  Process::Spec spec;
  spec.arguments = {"--pid=3", "--config=" + newer};
  const auto three = StartProgram("server", spec);
  EXPECT_TRUE(one->WaitForError("UNKNOWN_PID", kPatience));
  EXPECT_TRUE(one->WaitForError("it says that it is server 3", kPatience));
  EXPECT_TRUE(
      three->WaitForError("its configuration has no server 3", kPatience));
}

}  // namespace
}  // namespace raft_cluster::internal
