// Real //cmd:server processes whose configuration is rewritten while they run.
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

constexpr int kDone = 0;

void WriteInPlace(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
}

void Replace(const std::string& path, const std::string& content) {
  WriteInPlace(path + ".new", content);
  ASSERT_EQ(rename((path + ".new").c_str(), path.c_str()), 0);
}

// And returns once it was read.
void ReplaceAndWait(const std::string& path, const std::string& content) {
  const std::string next = path + ".new";
  WriteInPlace(next, content);
  const int reads = inotify_init1(IN_CLOEXEC);
  EXPECT_GE(inotify_add_watch(reads, next.c_str(), IN_CLOSE_NOWRITE), 0);
  EXPECT_EQ(rename(next.c_str(), path.c_str()), 0);
  pollfd fds[] = {{reads, POLLIN, 0}};
  EXPECT_EQ(
      poll(fds, 1, static_cast<int>(absl::ToInt64Milliseconds(kPatience))), 1);
  close(reads);
}

int Count(Process& process, const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(process.errors(), text);
  return static_cast<int>(parts.size()) - 1;
}

void ExpectError(Process& process, const std::string& text) {
  EXPECT_TRUE(process.WaitForError(text, kPatience))
      << "no \"" << text << "\" in: " << process.errors();
}

void End(const std::vector<Process*>& processes) {
  for (Process* process : processes) process->Signal(SIGTERM);
  for (Process* process : processes) {
    EXPECT_EQ(process->WaitForExit(kPatience), kDone) << process->errors();
  }
}

TEST(Reload, ByASignalBringsAServerAndTakesItOut) {
  const ProgramCluster cluster(3);
  const std::string& path = cluster.config_path();
  WriteInPlace(path, cluster.ConfigOf({1, 2}));
  const auto one = cluster.Start(1);
  const auto two = cluster.Start(2);
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: hello there");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello there");

  Replace(path, cluster.ConfigOf({1, 2, 3}));
  for (const auto& process : {one.get(), two.get()}) {
    process->Signal(SIGHUP);
    ExpectError(*process, absl::StrCat("reload 1: added 3 (", path, ")\n"));
  }
  const auto three = cluster.Start(3);
  EXPECT_EQ(one->ReadLine(kPatience), "3 -> 1: hello there");
  EXPECT_EQ(two->ReadLine(kPatience), "3 -> 2: hello there");
  ASSERT_TRUE(one->Write("3: welcome\n", kPatience));
  EXPECT_EQ(three->ReadLine(kPatience), "1 -> 3: welcome");

  Replace(path, cluster.ConfigOf({1, 2}));
  one->Signal(SIGHUP);
  ExpectError(*one, "reload 2: removed 3 (");
  ExpectError(*one, "server 3 is not in the configuration any more");
  ASSERT_TRUE(one->Write("3: still there?\n/peers\n", kPatience));
  ExpectError(*one, "not sent: no server 3");
  End({one.get(), two.get(), three.get()});
}

// Which has the signal ignored: it does no harm, so that it need not be.
TEST(Reload, ByASignalUnderNohup) {
  const ProgramCluster cluster(2);
  Process::Spec spec;
  spec.program = "/usr/bin/nohup";
  spec.arguments = {"cmd/server", "--pid=1",
                    "--message=", "--config=" + cluster.config_path()};
  const auto one = Process::Start(spec).value();
  ExpectError(*one, "listens on");
  one->Signal(SIGHUP);
  ExpectError(*one, "reload 1: nothing changed (");
  End({one.get()});
}

// In the order of what is typed: what comes after it finds it done.
TEST(Reload, ByACommandIsDoneBeforeTheNextLine) {
  const ProgramCluster cluster(2);
  WriteInPlace(cluster.config_path(), cluster.ConfigOf({1}));
  const auto one = cluster.Start(1, {"--message="});
  ASSERT_TRUE(one->Write("2: nobody\n/done?\n", kPatience));
  ExpectError(*one, "no command /done?; there are /peers, /stats, /reload");
  WriteInPlace(cluster.config_path(), cluster.ConfigOf({1, 2}));
  ASSERT_TRUE(one->Write("/reload\n2: somebody\n", kPatience));
  const auto two = cluster.Start(2);
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: somebody");
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: hello there");
  End({one.get(), two.get()});
}

TEST(Reload, OfAFileThatIsWrongOrGoneChangesNothing) {
  const ProgramCluster cluster(2);
  const std::string& path = cluster.config_path();
  const auto one = cluster.Start(1);
  const auto two = cluster.Start(2);
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: hello there");

  const std::string good = cluster.ConfigOf({1, 2});
  WriteInPlace(path, good.substr(0, good.size() / 2));
  ASSERT_TRUE(one->Write("/reload\n", kPatience));
  ExpectError(*one, absl::StrCat("not reloaded: ", path, ": "));
  WriteInPlace(path, cluster.ConfigOf({2}));
  ASSERT_TRUE(one->Write("/reload\n", kPatience));
  ExpectError(*one,
              absl::StrCat("not reloaded: ", path, ": no server with mypid 1"));
  WriteInPlace(path, R"({"object": {"total": 2, "Servers": [
      {"mypid": 1, "url": "loopback://a"}, {"mypid": 2, "url": "loopback://b"}
      ]}})");
  ASSERT_TRUE(one->Write("/reload\n", kPatience));
  ExpectError(*one, "servers at loopback:// meet in one process only");
  ASSERT_EQ(unlink(path.c_str()), 0);
  one->Signal(SIGHUP);
  ExpectError(*one, ": cannot be read: No such file");
  // Which would wait for a writer.
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  one->Signal(SIGHUP);
  ExpectError(*one, "no plain file");

  ASSERT_EQ(unlink(path.c_str()), 0);
  WriteInPlace(path, good);
  ASSERT_TRUE(one->Write("/reload\n2: all is well\n", kPatience));
  ExpectError(*one, "reload 1: nothing changed");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello there");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: all is well");
  End({one.get(), two.get()});
}

TEST(Reload, FollowsAFileThatIsWrittenOrReplaced) {
  const ProgramCluster cluster(3);
  const std::string& path = cluster.config_path();
  const std::string former = cluster.ConfigOf({1, 2});
  WriteInPlace(path, former);
  const auto one = cluster.Start(1, {"--watch_config", "--message="});
  ASSERT_TRUE(one->Write("/done?\n", kPatience));
  ExpectError(*one, "no command /done?");

  Replace(path, cluster.ConfigOf({1, 2, 3}));
  ExpectError(*one, "reload 1: added 3");
  WriteInPlace(path, former);
  ExpectError(*one, "reload 2: removed 3");

  // Wrong is said once, however often the same is written; so is gone.
  const std::string wrong = former.substr(0, former.size() / 2);
  for (int i = 0; i < 2; ++i) {
    ReplaceAndWait(path, wrong);
    ExpectError(*one, "not reloaded: ");
  }
  Replace(path, cluster.ConfigOf({1, 3}));
  ExpectError(*one, "reload 3: added 3; removed 2");
  EXPECT_EQ(Count(*one, "not reloaded: "), 1);
  ASSERT_EQ(unlink(path.c_str()), 0);
  ExpectError(*one, ": cannot be read: No such file");
  // The same as before: whoever was told that it is gone is told of its return.
  WriteInPlace(path, cluster.ConfigOf({1, 3}));
  ExpectError(*one, "reload 4: nothing changed");
  EXPECT_EQ(Count(*one, "not reloaded: "), 2);

  // A signal has it read in any case, before or after that.
  Replace(path, former);
  one->Signal(SIGHUP);
  ExpectError(*one, "reload 5: added 2; removed 3");
  Replace(path, cluster.ConfigOf({1}));
  ExpectError(*one, ": removed 2 (");
  End({one.get()});
}

// As the kubelet replaces it.
TEST(Reload, FollowsAConfigMap) {
  const ProgramCluster cluster(3);
  const std::string folder = MakeTestFolder();
  const auto In = [&](const std::string& name) {
    return absl::StrCat(folder, "/", name);
  };
  const auto Publish = [&](int version, const std::string& content) {
    const std::string name = absl::StrCat("..2024_", version);
    ASSERT_EQ(mkdir(In(name).c_str(), 0700), 0);
    WriteInPlace(In(name + "/config.json"), content);
    ASSERT_EQ(symlink(name.c_str(), In("..data_tmp").c_str()), 0);
    ASSERT_EQ(rename(In("..data_tmp").c_str(), In("..data").c_str()), 0);
    const std::string former = In(absl::StrCat("..2024_", version - 1));
    unlink((former + "/config.json").c_str());
    rmdir(former.c_str());
  };
  Publish(1, cluster.ConfigOf({1, 2}));
  ASSERT_EQ(symlink("..data/config.json", In("config.json").c_str()), 0);
  Process::Spec spec;
  spec.arguments = {"--pid=1", "--watch_config", "--message="};
  spec.folder = folder;  // Found there: no --config.
  const auto one = StartProgram("server", std::move(spec));
  ASSERT_TRUE(one->Write("/done?\n", kPatience));
  ExpectError(*one, "no command /done?");

  Publish(2, cluster.ConfigOf({1, 2, 3}));
  ExpectError(*one, "reload 1: added 3");
  Publish(3, cluster.ConfigOf({1, 3}));
  ExpectError(*one, "reload 2: removed 2");
  Publish(5, cluster.ConfigOf({1}));
  ExpectError(*one, "reload 3: removed 3");
  End({one.get()});
}

// Without keys: closed here, rolled out, started there. Nothing is lost.
TEST(Reload, MovesAServer) {
  const ProgramCluster cluster(3);  // The third address is the second's next.
  const std::string& path = cluster.config_path();
  WriteInPlace(path, cluster.ConfigOf({1, 2}));
  const auto one = cluster.Start(1, {"--message="});
  auto two = cluster.Start(2);
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: hello there");
  End({two.get()});
  ASSERT_TRUE(one->Write("2: where are you?\n/done?\n", kPatience));
  ExpectError(*one, "no command /done?");
  Replace(path, absl::StrCat("{\"object\": {\"total\": 2, \"Servers\": [",
                             "{\"mypid\": 1, \"url\": \"", cluster.url(1),
                             "\"}, {\"mypid\": 2, \"url\": \"", cluster.url(3),
                             "\"}]}}"));
  one->Signal(SIGHUP);
  ExpectError(*one, "reload 1: moved 2");
  two = cluster.Start(2, {"--message=here"});
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: where are you?");
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: here");
  End({one.get(), two.get()});
}

}  // namespace
}  // namespace raft_cluster::internal
