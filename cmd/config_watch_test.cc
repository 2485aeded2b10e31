// Files and links in a folder of the test's own. A change is waited for; that
// nothing was seen is asked after something later was.

#include "raft/cmd/config_watch.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr int kPatienceMs = 10'000;

class ConfigWatchTest : public testing::Test {
 protected:
  ConfigWatchTest() {
    std::string folder = absl::StrCat(testing::TempDir(), "/XXXXXX");
    EXPECT_NE(mkdtemp(&folder[0]), nullptr);
    folder_ = folder;
  }

  std::string In(const std::string& name) const {
    return absl::StrCat(folder_, "/", name);
  }
  void Write(const std::string& name, const std::string& content) const {
    std::ofstream(In(name)) << content;
  }
  void Rename(const std::string& from, const std::string& to) const {
    ASSERT_EQ(rename(In(from).c_str(), In(to).c_str()), 0);
  }
  void Link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(symlink(target.c_str(), In(name).c_str()), 0);
  }
  void Make(const std::string& name) const {
    ASSERT_EQ(mkdir(In(name).c_str(), 0700), 0);
  }

  // Takes all that has happened, once something that matters has.
  static bool Sees(ConfigWatch& watch) {
    for (;;) {
      pollfd fds[] = {{watch.fd(), POLLIN, 0}};
      if (poll(fds, 1, kPatienceMs) <= 0) return false;
      if (!watch.Happened()) continue;
      EXPECT_TRUE(watch.Follow().ok());
      // What follows at once, such as that a watch is gone, is the same change.
      while (poll(fds, 1, 0) > 0) watch.Happened();
      return true;
    }
  }

  std::string folder_;
};

TEST_F(ConfigWatchTest, SeesAFileThatIsWrittenInPlace) {
  Write("config.json", "1");
  ConfigWatch watch(In("config.json"));
  ASSERT_TRUE(watch.Follow().ok());
  EXPECT_FALSE(watch.Happened());
  Write("config.json", "2");
  EXPECT_TRUE(Sees(watch));
  Write("config.json", "3");
  EXPECT_TRUE(Sees(watch));
}

TEST_F(ConfigWatchTest, SeesAFileThatIsReplacedDeletedAndMadeAnew) {
  Write("config.json", "1");
  ConfigWatch watch(In("config.json"));
  ASSERT_TRUE(watch.Follow().ok());
  for (int i = 0; i < 3; ++i) {
    Write("new", "2");
    Rename("new", "config.json");
    EXPECT_TRUE(Sees(watch));
  }
  ASSERT_EQ(unlink(In("config.json").c_str()), 0);
  EXPECT_TRUE(Sees(watch));
  Write("config.json", "3");
  EXPECT_TRUE(Sees(watch));
}

TEST_F(ConfigWatchTest, DoesNotSeeOtherFiles) {
  Write("config.json", "1");
  ConfigWatch watch(In("config.json"));
  ASSERT_TRUE(watch.Follow().ok());
  Write("another.json", "1");
  Rename("another.json", "other.json");
  // All that is told is there by the time the call has returned.
  EXPECT_FALSE(watch.Happened());
  Write("config.json", "2");
  EXPECT_TRUE(Sees(watch));
}

// As the kubelet does it: a new folder, a link to it, and that link renamed;
// then the former folder goes.
TEST_F(ConfigWatchTest, SeesAConfigMap) {
  Make("..1");
  Write("..1/config.json", "1");
  Link("..1", "..data");
  Link("..data/config.json", "config.json");
  ConfigWatch watch(In("config.json"));
  ASSERT_TRUE(watch.Follow().ok());
  for (int i = 2; i < 5; ++i) {
    const std::string folder = absl::StrCat("..", i);
    Make(folder);
    Write(folder + "/config.json", absl::StrCat(i));
    Link(folder, "..data_tmp");
    EXPECT_FALSE(watch.Happened());
    Rename("..data_tmp", "..data");
    EXPECT_TRUE(Sees(watch));
    const std::string former = absl::StrCat("..", i - 1);
    ASSERT_EQ(unlink(In(former + "/config.json").c_str()), 0);
    ASSERT_EQ(rmdir(In(former).c_str()), 0);
    EXPECT_FALSE(watch.Happened());
  }
}

// Each step on the way can be changed: the folder's link, the file's, the file.
TEST_F(ConfigWatchTest, SeesLinksToFoldersAndFiles) {
  Make("a");
  Make("b");
  Make("shared");
  Write("shared/1.json", "1");
  Write("shared/2.json", "2");
  Link("../shared/1.json", "a/config.json");
  Link(In("shared/2.json"), "b/config.json");
  Link("a", "current");
  ConfigWatch watch(In("./current/config.json"));
  ASSERT_TRUE(watch.Follow().ok());
  Write("shared/1.json", "3");
  EXPECT_TRUE(Sees(watch));
  Link("b", "next");
  Rename("next", "current");
  EXPECT_TRUE(Sees(watch));
  Write("shared/1.json", "4");  // It does not lead there any more.
  EXPECT_FALSE(watch.Happened());
  Write("shared/2.json", "5");
  EXPECT_TRUE(Sees(watch));
  Link("../shared/1.json", "b/next");
  Rename("b/next", "b/config.json");
  EXPECT_TRUE(Sees(watch));
}

TEST_F(ConfigWatchTest, SeesAFolderThatGoesAndComes) {
  Make("conf");
  Write("conf/config.json", "1");
  ConfigWatch watch(In("conf/config.json"));
  ASSERT_TRUE(watch.Follow().ok());
  Rename("conf", "old");
  EXPECT_TRUE(Sees(watch));
  Make("new");
  Write("new/config.json", "2");
  Rename("new", "conf");
  EXPECT_TRUE(Sees(watch));
  Write("conf/config.json", "3");
  EXPECT_TRUE(Sees(watch));
  Write("old/config.json", "4");
  EXPECT_FALSE(watch.Happened());
}

TEST_F(ConfigWatchTest, BearsLinksThatGoInCircles) {
  Link("two", "one");
  Link("one", "two");
  ConfigWatch watch(In("one"));
  ASSERT_TRUE(watch.Follow().ok());
  Write("new", "1");
  Rename("new", "two");
  EXPECT_TRUE(Sees(watch));
}

TEST_F(ConfigWatchTest, TakesARelativePath) {
  ASSERT_EQ(chdir(folder_.c_str()), 0);
  ConfigWatch watch("config.json");
  ASSERT_TRUE(watch.Follow().ok());
  Write("config.json", "1");
  EXPECT_TRUE(Sees(watch));
}

}  // namespace
}  // namespace raft_cluster::internal
