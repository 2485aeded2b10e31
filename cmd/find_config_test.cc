#include "raft/cmd/find_config.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/cluster/config.h"

namespace raft_cluster::internal {
namespace {

// A folder of this test, with or without a config.json.
std::string Folder(const std::string& name, bool with_config) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/", name);
  EXPECT_EQ(std::system(absl::StrCat("mkdir -p ", folder).c_str()), 0);
  if (with_config) std::ofstream(folder + "/config.json") << "{}";
  return folder;
}

TEST(ConfigPath, PrefersTheUsersFolder) {
  const std::string folder = Folder("with", true);
  EXPECT_EQ(ConfigPath("config.json", folder, "/shipped.json"),
            folder + "/config.json");
}

TEST(ConfigPath, FallsBackToWhatIsShipped) {
  const std::string folder = Folder("without", false);
  EXPECT_EQ(ConfigPath("config.json", folder, "/shipped.json"),
            "/shipped.json");
  EXPECT_EQ(ConfigPath("config.json", folder, ""), folder + "/config.json");
}

TEST(ConfigPath, TakesAnotherNameAtItsWord) {
  const std::string folder = Folder("other", false);
  EXPECT_EQ(ConfigPath("mine.json", folder, "/shipped.json"),
            folder + "/mine.json");
  EXPECT_EQ(ConfigPath("/etc/mine.json", folder, "/shipped.json"),
            "/etc/mine.json");
}

TEST(ShortPath, LeavesOutWhereTheUserIs) {
  EXPECT_EQ(ShortPath("/home/user/cmd/config.json", "/home/user"),
            "cmd/config.json");
  EXPECT_EQ(ShortPath("/home/user2/config.json", "/home/user"),
            "/home/user2/config.json");
}

TEST(UserFolder, IsWhereBazelRunWasTyped) {
  ASSERT_EQ(setenv("BUILD_WORKING_DIRECTORY", "/home/user", 1), 0);
  EXPECT_EQ(UserFolder(), "/home/user");
  ASSERT_EQ(unsetenv("BUILD_WORKING_DIRECTORY"), 0);
  char folder[PATH_MAX];
  ASSERT_NE(getcwd(folder, sizeof(folder)), nullptr);
  EXPECT_EQ(UserFolder(), folder);
}

TEST(ShippedConfig, HasFiveServersOnLocalPorts) {
  const auto config = LoadConfig(ShippedConfig(""));
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->object().servers_size(), 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(config->object().servers(i).mypid(), i + 1);
    EXPECT_EQ(config->object().servers(i).url(),
              absl::StrCat("127.0.0.1:", 10001 + i));
  }
}

TEST(ShippedConfig, IsFoundBesideTheProgramToo) {
  for (const char* name : {"RUNFILES_DIR", "RUNFILES_MANIFEST_FILE"}) {
    ASSERT_EQ(unsetenv(name), 0);
  }
  EXPECT_NE(ShippedConfig("/nowhere/program"), "");
}

}  // namespace
}  // namespace raft_cluster::internal
