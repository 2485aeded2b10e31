// When a file counts as changed, however that was done.
#include "raft/cmd/config_watch.h"

#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMs = 20000;

class ConfigWatchTest : public testing::Test {
 protected:
  ConfigWatchTest() : folder_(testing::TempDir() + "watchXXXXXX") {
    if (mkdtemp(&folder_[0]) == nullptr) std::abort();
  }
  ~ConfigWatchTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  void Write(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name)) << content;
  }
  // Something happens, and it is a change.
  static bool Changes(ConfigWatch& watch) {
    pollfd fds[] = {{watch.fd(), POLLIN, 0}};
    while (poll(fds, 1, kPatienceMs) > 0) {
      if (watch.Changed()) return true;
    }
    return false;
  }

  std::string folder_;
};

TEST_F(ConfigWatchTest, SeesAFileThatIsWritten) {
  Write("config.json", "one");
  ConfigWatch watch(Path("config.json"));
  ASSERT_TRUE(watch.Open().ok());
  EXPECT_FALSE(watch.Changed());
  Write("config.json", "two");
  EXPECT_TRUE(Changes(watch));
  EXPECT_FALSE(watch.Changed());
}

TEST_F(ConfigWatchTest, SeesAFileThatReplacesIt) {
  Write("config.json", "one");
  ConfigWatch watch(Path("config.json"));
  ASSERT_TRUE(watch.Open().ok());
  for (const char* content : {"two", "three"}) {
    Write("new", content);
    fs::rename(Path("new"), Path("config.json"));
    EXPECT_TRUE(Changes(watch));
  }
}

TEST_F(ConfigWatchTest, SeesAFileThatIsGoneAndComesBack) {
  Write("config.json", "one");
  ConfigWatch watch(Path("config.json"));
  ASSERT_TRUE(watch.Open().ok());
  fs::remove(Path("config.json"));
  EXPECT_TRUE(Changes(watch));
  Write("config.json", "one");
  EXPECT_TRUE(Changes(watch));
}

TEST_F(ConfigWatchTest, IsNotDisturbedByOthers) {
  Write("config.json", "one");
  ConfigWatch watch(Path("config.json"));
  ASSERT_TRUE(watch.Open().ok());
  Write("other", "two");
  Write("config.json", "one");
  EXPECT_FALSE(watch.Changed()) << "it says what it said";
}

// As the volume of a ConfigMap is: config.json leads through ..data, which is
// replaced.
TEST_F(ConfigWatchTest, SeesALinkThatLeadsElsewhere) {
  fs::create_directory(Path("..first"));
  Write("..first/config.json", "one");
  fs::create_directory_symlink("..first", Path("..data"));
  fs::create_symlink("..data/config.json", Path("config.json"));
  ConfigWatch watch(Path("config.json"));
  ASSERT_TRUE(watch.Open().ok());
  for (const std::string next : {"..second", "..third"}) {
    fs::create_directory(Path(next));
    Write(next + "/config.json", next);
    fs::create_directory_symlink(next, Path("..data_tmp"));
    fs::rename(Path("..data_tmp"), Path("..data"));
    EXPECT_TRUE(Changes(watch));
  }
}

// A link into a folder of another place.
TEST_F(ConfigWatchTest, SeesTheFileBehindALink) {
  fs::create_directory(Path("etc"));
  Write("etc/real.json", "one");
  fs::create_symlink(Path("etc/real.json"), Path("config.json"));
  ConfigWatch watch(Path("config.json"));
  ASSERT_TRUE(watch.Open().ok());
  Write("etc/new", "two");
  fs::rename(Path("etc/new"), Path("etc/real.json"));
  EXPECT_TRUE(Changes(watch));
}

TEST_F(ConfigWatchTest, SaysThatThereIsNoFolder) {
  ConfigWatch watch(Path("nowhere/config.json"));
  const absl::Status status = watch.Open();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("nowhere"), std::string::npos) << status;
}

}  // namespace
}  // namespace raft_cluster::internal
