#include "raft/transport/net/ipc_path.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

// A folder with a short name, since a socket's path has a limit.
class IpcPathTest : public testing::Test {
 protected:
  IpcPathTest() {
    char name[] = "/tmp/raft-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/socket";
  }
  ~IpcPathTest() override {
    for (const int fd : listeners_) close(fd);
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  // As libzmq does it: whatever is there goes.
  absl::Status Listen() {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    unlink(path_.c_str());
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
              0);
    EXPECT_EQ(listen(fd, 1), 0);
    listeners_.push_back(fd);
    return absl::OkStatus();
  }

  bool Exists() const {
    struct stat info;
    return lstat(path_.c_str(), &info) == 0;
  }

  std::string folder_;
  std::string path_;
  std::vector<int> listeners_;
};

TEST_F(IpcPathTest, IsTakenAndGivenBack) {
  {
    IpcPath path(path_);
    EXPECT_TRUE(path.Bind([&] { return Listen(); }).ok());
    EXPECT_TRUE(Exists());
  }
  EXPECT_FALSE(Exists());
}

// Without a descriptor it cannot be asked whether it lives.
TEST_F(IpcPathTest, OfALiveServerIsLeftAloneWhereDescriptorsRunOut) {
  ASSERT_TRUE(Listen().ok());
  rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(listeners_.back() + 1);
  std::vector<int> others;  // Below it.
  for (int fd; (fd = dup(listeners_.back())) >= 0 && fd < listeners_.back();) {
    others.push_back(fd);
  }
  setrlimit(RLIMIT_NOFILE, &none);
  IpcPath path(path_);
  const absl::Status status = path.Bind([] {
    ADD_FAILURE() << "must not bind";
    return absl::OkStatus();
  });
  setrlimit(RLIMIT_NOFILE, &before);
  for (const int fd : others) close(fd);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE(Exists());
}

TEST_F(IpcPathTest, OfALiveServerIsLeftAlone) {
  ASSERT_TRUE(Listen().ok());
  {
    IpcPath path(path_);
    const absl::Status status = path.Bind([] {
      ADD_FAILURE() << "must not bind";
      return absl::OkStatus();
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr(path_));
    EXPECT_THAT(status.message(), HasSubstr("in use"));
  }
  EXPECT_TRUE(Exists());
}

TEST_F(IpcPathTest, OfADeadServerIsTaken) {
  ASSERT_TRUE(Listen().ok());
  close(listeners_.back());
  listeners_.clear();
  ASSERT_TRUE(Exists());
  IpcPath path(path_);
  EXPECT_TRUE(path.Bind([&] { return Listen(); }).ok());
}

TEST_F(IpcPathTest, OfAFileIsLeftAlone) {
  std::ofstream(path_) << "precious";
  {
    IpcPath path(path_);
    const absl::Status status = path.Bind([&] { return Listen(); });
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("not a socket"));
  }
  std::string content;
  std::ifstream(path_) >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(IpcPathTest, ThatSomebodyElseTookMeanwhileIsLeftAlone) {
  {
    IpcPath path(path_);
    ASSERT_TRUE(path.Bind([&] { return Listen(); }).ok());
    ASSERT_TRUE(Listen().ok());
  }
  EXPECT_TRUE(Exists());
}

TEST_F(IpcPathTest, PassesOnWhatBindAnswers) {
  IpcPath path(path_);
  EXPECT_EQ(path.Bind([] { return absl::UnavailableError("so"); }).message(),
            "so");
  IpcPath nowhere(folder_ + "/none/socket");
  EXPECT_EQ(nowhere.Bind([] { return absl::UnavailableError("no folder"); })
                .message(),
            "no folder");
}

TEST_F(IpcPathTest, GoesToOneOfThoseWhoStartAtOnce) {
  // All see the file of a dead server; without a lock several would bind.
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(Listen().ok());
    close(listeners_.back());
    listeners_.clear();
    std::vector<std::unique_ptr<IpcPath>> paths;
    std::vector<absl::Status> results(4);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < results.size(); ++i) {
      paths.push_back(std::make_unique<IpcPath>(path_));
    }
    for (size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back(
          [&, i] { results[i] = paths[i]->Bind([&] { return Listen(); }); });
    }
    int winners = 0;
    for (size_t i = 0; i < threads.size(); ++i) {
      threads[i].join();
      if (results[i].ok()) ++winners;
    }
    EXPECT_EQ(winners, 1);
    close(listeners_.back());
    listeners_.clear();
  }
}

}  // namespace
}  // namespace raft_cluster::internal
