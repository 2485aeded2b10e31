// The programs' status ports and recordings, as the one who runs them sees
// them.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"
#include "raft/testing/status/http.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// The urls of status ports that a program has said so far.
std::vector<std::string> StatusUrls(Process& process) {
  std::vector<std::string> urls;
  const std::string errors = process.errors();
  for (absl::string_view line : absl::StrSplit(errors, '\n')) {
    if (absl::ConsumePrefix(&line, "status: ")) urls.emplace_back(line);
  }
  return urls;
}

std::unique_ptr<Process> StartWith(const std::string& program,
                                   std::vector<std::string> arguments) {
  Process::Spec spec;
  spec.arguments = std::move(arguments);
  return StartProgram(program, std::move(spec));
}

TEST(ServerStatus, IsShownWhereTheFlagSays) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1, {"--status=127.0.0.1:0", "--message="});
  ASSERT_TRUE(server->WaitForError("listens on", kPatience));
  const std::vector<std::string> urls = StatusUrls(*server);
  ASSERT_THAT(urls, SizeIs(1));
  EXPECT_THAT(Get(urls[0], "/status").body, HasSubstr(cluster.url(1)));
  EXPECT_EQ(Get(urls[0], "/healthz").code, 200);
  EXPECT_THAT(server->errors(), Not(HasSubstr("WARNING: whoever")));
  server->Signal(SIGTERM);
  EXPECT_EQ(server->WaitForExit(kPatience), 0);
}

TEST(ServerStatus, IsShownWhereItsEntryInTheConfigSays) {
  const ProgramCluster addresses(2);
  const std::string config = WriteTestFile(absl::StrCat(
      "{\"object\": {\"total\": 2, \"Servers\": [{\"mypid\": 1, \"url\": \"",
      addresses.url(1),
      "\", \"status\": \"127.0.0.1:0\"}, {\"mypid\": 2, "
      "\"url\": \"",
      addresses.url(2), "\"}]}}"));
  const auto one = StartWith("server", {"--pid=1", "--config=" + config});
  const auto two = StartWith("server", {"--pid=2", "--config=" + config});
  ASSERT_TRUE(one->WaitForError("listens on", kPatience));
  ASSERT_TRUE(two->WaitForError("listens on", kPatience));
  EXPECT_THAT(StatusUrls(*one), SizeIs(1));
  EXPECT_THAT(StatusUrls(*two), SizeIs(0));
}

// With 1, and nobody has heard of it.
TEST(ServerStatus, EndsAtOnceWhereThePortIsTaken) {
  const ProgramCluster cluster(2);
  const auto one = cluster.Start(1, {"--status=127.0.0.1:0"});
  ASSERT_TRUE(one->WaitForError("listens on", kPatience));
  const std::string taken(absl::StripPrefix(StatusUrls(*one).at(0), "http://"));
  const auto two = cluster.Start(2, {"--status=" + taken});
  EXPECT_EQ(two->WaitForExit(kPatience), 1);
  EXPECT_THAT(two->errors(), HasSubstr(taken));
  EXPECT_THAT(two->errors(), Not(HasSubstr("listens on")));
  EXPECT_THAT(one->errors(), Not(HasSubstr("server 2 is up")));
}

TEST(ServerStatus, SaysThatOthersMayLook) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1, {"--status=0.0.0.0:0"});
  EXPECT_TRUE(server->WaitForError("WARNING: whoever reaches the status port",
                                   kPatience));
}

TEST(ServerStatus, WantsAnAddress) {
  const ProgramCluster cluster(2);
  const auto server = cluster.Start(1, {"--status=8001"});
  EXPECT_EQ(server->WaitForExit(kPatience), 2);
  EXPECT_THAT(server->errors(), HasSubstr("\"8001\" is not ADDRESS:PORT"));
}

TEST(ServerRecording, IsWrittenOnASignal) {
  const ProgramCluster cluster(2);
  const std::string file = MakeTestFolder() + "/recording.json";
  const auto one = cluster.Start(1, {"--recording=" + file});
  const auto two = cluster.Start(2);
  ASSERT_TRUE(one->WaitForError("server 2 is up", kPatience));
  one->Signal(SIGUSR2);
  ASSERT_TRUE(one->WaitForError("the last events are in " + file, kPatience));
  std::ifstream stream(file);
  const std::string json(std::istreambuf_iterator<char>(stream), {});
  EXPECT_THAT(json, HasSubstr("\"PEER_UP\""));
  EXPECT_THAT(json, HasSubstr("\"words\":\"server 2 is up\""));
}

TEST(ServerRecording, SaysWhyItCannotBeWritten) {
  const ProgramCluster cluster(2);
  const auto one = cluster.Start(1, {"--recording=/nowhere/at/all.json"});
  ASSERT_TRUE(one->WaitForError("listens on", kPatience));
  one->Signal(SIGUSR2);
  EXPECT_TRUE(one->WaitForError("/nowhere/at/all.json", kPatience));
}

TEST(LocalClusterStatus, ShowsEveryServerUntilItIsTold) {
  const ProgramCluster cluster(3);
  const auto process =
      StartWith("local_cluster",
                {"--config=" + cluster.config_path(), "--status=127.0.0.1:0"});
  ASSERT_TRUE(Eventually([&] { return StatusUrls(*process).size() == 3; }));
  const std::vector<std::string> urls = StatusUrls(*process);
  for (int pid = 1; pid <= 3; ++pid) {
    EXPECT_TRUE(Eventually([&] {
      const Reply reply = Get(urls[pid - 1], "/readyz?peers=2");
      return reply.code == 200;
    }));
    EXPECT_THAT(Get(urls[pid - 1], "/status").body,
                HasSubstr(absl::StrCat("\"pid\":", pid, ",")));
  }
  process->Signal(SIGINT);
  EXPECT_EQ(process->WaitForExit(kPatience), 0) << process->errors();
}

}  // namespace
}  // namespace raft_cluster::internal
