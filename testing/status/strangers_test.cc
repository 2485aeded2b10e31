// The port is ill-treated while a cluster works: slow clients by the thousand,
// requests without end, a reader that does not read.
#include <dirent.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/status/status_server.h"
#include "raft/testing/local_cluster.h"
#include "raft/testing/status/http.h"
#include "raft/testing/transport/resources.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

int Threads() {
  int threads = 0;
  DIR* const folder = opendir("/proc/self/task");
  while (const dirent* const entry = readdir(folder)) {
    threads += entry->d_name[0] != '.';
  }
  closedir(folder);
  return threads;
}

class Strangers : public testing::Test {
 protected:
  Strangers() {
    EXPECT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
    status->Show(&cluster[1]);
    EXPECT_EQ(Get(status->url(), "/healthz").code, 200);
  }

  // What it is all about: envelopes go on as if nobody called.
  void ExpectTheClusterGoesOn() {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(cluster[1].outbox().Send(2, "hello", kPatience).ok());
      ASSERT_TRUE(cluster[2].inbox().Receive(kPatience).ok());
    }
    EXPECT_EQ(cluster[1].stats().peers(0).state(), PeerStats::UP);
    EXPECT_EQ(cluster[2].stats().peers(0).state(), PeerStats::UP);
  }

  LocalCluster cluster{2, "loopback"};
  std::unique_ptr<StatusServer> status =
      StatusServer::Start("127.0.0.1:0").value();
};

TEST_F(Strangers, WhoAreSlowCostNoThreadsAndLittleMemory) {
  rlimit files = {};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const int threads = Threads();
  const size_t memory = ResidentBytes();
  std::vector<Caller> callers;
  for (int i = 0; i < 1000; ++i) {
    callers.emplace_back(status->url());
    ASSERT_TRUE(callers.back().connected());
    callers.back().Send("GET /status HT", absl::ZeroDuration());
  }
  ExpectTheClusterGoesOn();
  EXPECT_EQ(Threads(), threads);
  if (!MemoryIsInstrumented()) {
    EXPECT_LT(ResidentBytes(), memory + (size_t{16} << 20));
  }
  callers.clear();
  EXPECT_TRUE(Eventually([this] {
    return Get(status->url(), "/healthz", kPatience).code == 200;
  }));
}

TEST_F(Strangers, WhoseRequestsHaveNoEndAreCutOff) {
  const size_t memory = ResidentBytes();
  Caller caller(status->url());
  caller.Send("GET /");
  const std::string piece(size_t{1} << 20, 'x');
  for (int i = 0; i < 10; ++i) {
    if (!caller.Send(piece, kPatience)) break;
  }
  ExpectTheClusterGoesOn();
  if (!MemoryIsInstrumented()) {
    EXPECT_LT(ResidentBytes(), memory + (size_t{8} << 20));
  }
  const Reply reply = ParseReply(caller.ReadAll(kPatience));
  EXPECT_TRUE(reply.code == 0 || reply.code >= 400) << reply.code;
  EXPECT_EQ(Get(status->url(), "/healthz").code, 200);
}

TEST_F(Strangers, WhoWalkUpThePathGetNowhere) {
  const std::string dots = "/" + std::string(4000, '.');
  for (const char* path :
       {"/../../../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd", "/....//....//etc/passwd", "/./././",
        "//etc/passwd", "/status/../../etc/passwd", "..", "/%00", "/\xff\xfe",
        dots.c_str()}) {
    const Reply reply = Get(status->url(), path);
    // Dots are taken away, and what is left may be "/".
    EXPECT_TRUE(reply.code == 0 || reply.code >= 400 ||
                absl::StartsWith(reply.body, "<!DOCTYPE html>"))
        << path << ": " << reply.code;
    EXPECT_THAT(reply.body, Not(HasSubstr("root:"))) << path;
  }
  ExpectTheClusterGoesOn();
  EXPECT_EQ(Get(status->url(), "/healthz").code, 200);
}

// Of a cluster so large that its account is more than sockets hold.
TEST(Stranger, WhoDoesNotReadCostsAThreadAtMost) {
  LocalCluster::Setup setup;
  for (Pid pid = 3; pid <= 2000; ++pid) setup.late.insert(pid);
  LocalCluster cluster(2000, "loopback", setup);
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  const auto status = StatusServer::Start("127.0.0.1:0").value();
  status->Show(&cluster[1]);
  std::vector<Caller> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back(status->url());
    callers.back().Send("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Get(status->url(), "/healthz", kPatience).code, 200);
  }
  ASSERT_TRUE(cluster[1].outbox().Send(2, "hello", kPatience).ok());
  EXPECT_TRUE(cluster[2].inbox().Receive(kPatience).ok());
}

}  // namespace
}  // namespace raft_cluster::internal
