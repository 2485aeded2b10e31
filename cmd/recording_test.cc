// The process that fails an assertion is one of its own, which starts the test
// anew up to there.
#include "raft/cmd/recording.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

Config TwoServers() {
  Config config;
  config.mutable_object()->set_total(2);
  for (int pid = 1; pid <= 2; ++pid) {
    Config::Member* const member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url("loopback://server-" + std::to_string(pid));
  }
  return config;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class RecordingDeathTest : public testing::Test {
 protected:
  RecordingDeathTest() {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_TRUE(one->WaitForPeers(1, absl::Seconds(60)).ok());
  }

  const std::string path = testing::TempDir() + "/recording_test.json";
  const Options options;
  const std::unique_ptr<Server> one =
      Server::Start(TwoServers(), 1, options).value();
  const std::unique_ptr<Server> two =
      Server::Start(TwoServers(), 2, options).value();
};

TEST_F(RecordingDeathTest, IsWrittenWhenAnAssertionFails) {
  EXPECT_DEATH(
      {
        const RecordingOnFailure recording(*one, path);
        RAFT_ASSERT(1 + 1 == 3);
      },
      "assertion failed: 1 \\+ 1 == 3\nthe last events are in ");
  EXPECT_THAT(ReadFile(path), HasSubstr("\"PEER_UP\""));
}

TEST_F(RecordingDeathTest, IsNotWrittenOnceItIsOver) {
  EXPECT_DEATH(
      {
        { const RecordingOnFailure recording(*one, path + ".not"); }
        RAFT_ASSERT(1 + 1 == 3);
      },
      "assertion failed: 1 \\+ 1 == 3\n$");
  EXPECT_EQ(ReadFile(path + ".not"), "");
}

}  // namespace
}  // namespace raft_cluster::internal
