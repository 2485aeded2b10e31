// Real //cmd:server processes that read their configuration again.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

namespace fs = std::filesystem;

// Written beside, and put in the place of the other.
void Replace(const std::string& path, const std::string& content) {
  const std::string fresh = path + ".new";
  std::ofstream(fresh) << content;
  fs::rename(fresh, path);
}

class ServerReload : public testing::Test {
 protected:
  ServerReload() { Replace(cluster.config_path(), cluster.ConfigOf({1, 2})); }

  std::unique_ptr<Process> Start(int pid,
                                 std::vector<std::string> arguments = {}) {
    arguments.push_back("--message=");
    auto process = cluster.Start(pid, arguments);
    EXPECT_TRUE(process->WaitForError("listens on", kPatience));
    return process;
  }

  ProgramCluster cluster{3};
};

TEST_F(ServerReload, IsAskedForBySignalAndByHand) {
  const auto one = Start(1);
  const auto two = Start(2);
  ASSERT_TRUE(one->WaitForError("server 2 is up", kPatience));
  Replace(cluster.config_path(), cluster.ConfigOf({1, 2, 3}));
  one->Signal(SIGHUP);
  EXPECT_TRUE(one->WaitForError("reload 1: added 3", kPatience))
      << one->errors();
  ASSERT_TRUE(two->Write("/reload\n", kPatience));
  EXPECT_TRUE(two->WaitForError("reload 1: added 3", kPatience))
      << two->errors();
  const auto three = Start(3);
  ASSERT_TRUE(three->WaitForError("server 1 is up", kPatience));
  ASSERT_TRUE(three->Write("hello\n", kPatience));
  EXPECT_EQ(one->ReadLine(kPatience), "3 -> 1: hello");
  EXPECT_EQ(two->ReadLine(kPatience), "3 -> 2: hello");

  Replace(cluster.config_path(), cluster.ConfigOf({1, 3}));
  one->Signal(SIGHUP);
  EXPECT_TRUE(one->WaitForError("reload 2: removed 2", kPatience));
  EXPECT_TRUE(two->WaitForError("server 1 has left", kPatience));
  ASSERT_TRUE(one->Write("2: hello\n", kPatience));
  EXPECT_TRUE(one->WaitForError("not sent: no server 2", kPatience));
  for (const auto* server : {one.get(), two.get(), three.get()}) {
    const_cast<Process*>(server)->Signal(SIGTERM);
  }
  EXPECT_EQ(one->WaitForExit(kPatience), 0);
}

TEST_F(ServerReload, DoesNothingWithAWrongFileAndSaysSo) {
  const auto one = Start(1);
  Replace(cluster.config_path(), "{\"object\": ");
  one->Signal(SIGHUP);
  EXPECT_TRUE(one->WaitForError("not reloaded", kPatience));
  Replace(cluster.config_path(), cluster.ConfigOf({2, 3}));
  ASSERT_TRUE(one->Write("/reload\n", kPatience));
  EXPECT_TRUE(one->WaitForError("no server with mypid 1", kPatience));
  fs::remove(cluster.config_path());
  ASSERT_TRUE(one->Write("/reload\n", kPatience));
  EXPECT_TRUE(one->WaitForError("cannot be read", kPatience));
  Replace(cluster.config_path(), cluster.ConfigOf({1, 2}));
  one->Signal(SIGHUP);
  EXPECT_TRUE(one->WaitForError("reload 1: nothing changed", kPatience));
}

TEST_F(ServerReload, FollowsItsFileIfItIsTold) {
  const auto one = Start(1, {"--watch_config"});
  Replace(cluster.config_path(), cluster.ConfigOf({1, 2, 3}));
  EXPECT_TRUE(one->WaitForError("reload 1: added 3", kPatience));
  std::ofstream(cluster.config_path()) << "{";
  EXPECT_TRUE(one->WaitForError("not reloaded", kPatience));
  std::ofstream(cluster.config_path()) << cluster.ConfigOf({1, 3});
  EXPECT_TRUE(one->WaitForError("reload 2: removed 2", kPatience));
}

// As a ConfigMap comes: the link ..data is replaced.
TEST_F(ServerReload, FollowsLinks) {
  const std::string folder = MakeTestFolder();
  const auto publish = [&](const std::string& name, const std::string& config) {
    fs::create_directory(folder + "/" + name);
    std::ofstream(folder + "/" + name + "/config.json") << config;
    fs::create_directory_symlink(name, folder + "/..tmp");
    fs::rename(folder + "/..tmp", folder + "/..data");
  };
  publish("..1", cluster.ConfigOf({1, 2}));
  fs::create_symlink("..data/config.json", folder + "/config.json");
  Process::Spec spec;
  spec.arguments = {"--pid=1", "--message=", "--watch_config",
                    absl::StrCat("--config=", folder, "/config.json")};
  const auto one = StartProgram("server", spec);
  ASSERT_TRUE(one->WaitForError("listens on", kPatience));
  publish("..2", cluster.ConfigOf({1, 2, 3}));
  EXPECT_TRUE(one->WaitForError("reload 1: added 3", kPatience))
      << one->errors();
  publish("..3", cluster.ConfigOf({1, 3}));
  EXPECT_TRUE(one->WaitForError("reload 2: removed 2", kPatience));
}

}  // namespace
}  // namespace raft_cluster::internal
