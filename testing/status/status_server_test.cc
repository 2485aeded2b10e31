// Servers of one process, looked at over HTTP as curl and a scraper would.
#include "raft/status/status_server.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "raft/testing/local_cluster.h"
#include "raft/testing/status/http.h"
#include "raft/testing/test_keys.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kAnyPort[] = "127.0.0.1:0";

std::unique_ptr<StatusServer> Listen() {
  auto status = StatusServer::Start(kAnyPort);
  EXPECT_TRUE(status.ok()) << status.status();
  return status.ok() ? *std::move(status) : nullptr;
}

Stats StatsFrom(const StatusServer& status) {
  Stats stats;
  const Reply reply = Get(status.url(), "/status");
  EXPECT_EQ(reply.code, 200);
  EXPECT_TRUE(
      google::protobuf::util::JsonStringToMessage(reply.body, &stats).ok())
      << reply.body;
  return stats;
}

class Shown : public testing::Test {
 protected:
  Shown() {
    EXPECT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
    status->Show(&cluster[1]);
  }

  Reply From(const std::string& path) { return Get(status->url(), path); }

  LocalCluster cluster{3, "loopback"};
  std::unique_ptr<StatusServer> status = Listen();
};

TEST_F(Shown, IsTheAccountOfTheServerAsJson) {
  const auto sent =
      cluster[1].outbox().Send(2, std::string(1000, 'x'), absl::Seconds(1));
  ASSERT_TRUE(sent.ok()) << sent.status();
  ASSERT_TRUE(cluster[2].inbox().Receive(kPatience).ok());
  ASSERT_TRUE(Eventually(
      [&] { return StatsFrom(*status).peers(0).ledger().taken() == 1; }));
  const Stats stats = StatsFrom(*status);
  EXPECT_EQ(stats.pid(), 1);
  EXPECT_TRUE(stats.balanced());
  ASSERT_EQ(stats.peers_size(), 2);
  EXPECT_EQ(stats.peers(0).state(), PeerStats::UP);
  EXPECT_GE(stats.peers(0).sent_bytes(), 1000u);
  EXPECT_EQ(stats.peers(0).delay().count(), 1u);
  EXPECT_GE(stats.last_events_size(), 2);
  EXPECT_FALSE(stats.last_events(0).words().empty());
}

TEST_F(Shown, HasMetricsAHistoryAndARecording) {
  EXPECT_THAT(From("/metrics").body,
              HasSubstr("raft_cluster_peer_state{server=\"1\",peer=\"2\",state="
                        "\"up\"} 1\n"));
  EXPECT_THAT(From("/recorder").body, HasSubstr("\"PEER_UP\""));
  EXPECT_TRUE(Eventually([&] {
    return From("/history?since=0").body.find("[[") != std::string::npos;
  }));
}

TEST_F(Shown, FollowsWhoIsAPeerAtTheMoment) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(cluster[1].outbox().Send(3, "x", absl::Seconds(1)).ok());
    ASSERT_TRUE(cluster[3].inbox().Receive(kPatience).ok());
  }
  constexpr char kThird[] = "server=\"1\",peer=\"3\"";
  EXPECT_THAT(From("/metrics").body, HasSubstr(kThird));
  Config two = cluster.config();
  auto& servers = *two.mutable_object()->mutable_servers();
  servers.erase(std::find_if(servers.begin(), servers.end(),
                             [](const auto& s) { return s.mypid() == 3; }));
  two.mutable_object()->set_total(2);
  ASSERT_EQ(cluster[1].Reload(two), absl::OkStatus());
  EXPECT_THAT(From("/metrics").body, Not(HasSubstr(kThird)));
  const Stats without = StatsFrom(*status);
  ASSERT_EQ(without.peers_size(), 1);
  EXPECT_EQ(without.peers(0).pid(), 2);
  EXPECT_EQ(without.sent(), 2u);  // A total never falls.
  EXPECT_TRUE(without.balanced());
  EXPECT_EQ(From("/readyz?peers=1").code, 200);

  ASSERT_EQ(cluster[1].Reload(cluster.config()), absl::OkStatus());
  EXPECT_THAT(From("/metrics").body, HasSubstr(kThird));
  const Stats with = StatsFrom(*status);
  EXPECT_EQ(with.peers_size(), 2);
  EXPECT_EQ(with.sent(), 2u);
}

TEST_F(Shown, IsHealthyAndReady) {
  EXPECT_EQ(From("/healthz").code, 200);
  EXPECT_EQ(From("/healthz").body, "ok\n");
  EXPECT_EQ(From("/readyz?peers=2").code, 200);
  ASSERT_EQ(cluster.Stop(3, kPatience), absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return From("/readyz?peers=2").code == 503; }));
  EXPECT_EQ(From("/readyz").code, 200);  // Two of three.
  EXPECT_EQ(From("/healthz").code, 200);
}

TEST_F(Shown, IsNoLongerHealthyOnceItIsClosed) {
  ASSERT_EQ(cluster[1].Close(kPatience), absl::OkStatus());
  EXPECT_EQ(From("/healthz").code, 503);
  EXPECT_EQ(From("/readyz?peers=0").code, 503);
  EXPECT_TRUE(StatsFrom(*status).closed());
}

TEST_F(Shown, IsNothingOnceNoServerIs) {
  status->Show(nullptr);
  EXPECT_EQ(From("/status").code, 503);
  EXPECT_EQ(From("/").code, 200);
  ASSERT_EQ(cluster.Restart(1), absl::OkStatus());
  status->Show(&cluster[1]);
  EXPECT_EQ(From("/status").code, 200);
}

// What a scraper does all the time, while servers come and go.
TEST_F(Shown, MayBeReplacedWhileItIsAsked) {
  std::atomic<bool> stop{false};
  std::thread scraper([&] {
    while (!stop) {
      const int code = From("/metrics").code;
      EXPECT_TRUE(code == 200 || code == 503) << code;
    }
  });
  for (int i = 0; i < 20; ++i) {
    status->Show(nullptr);
    ASSERT_EQ(cluster.Restart(1), absl::OkStatus());
    status->Show(&cluster[1]);
  }
  stop = true;
  scraper.join();
}

TEST_F(Shown, IsForLookingOnly) {
  const std::string url = status->url();
  const Reply head = Ask(url, "HEAD", "/status");
  EXPECT_EQ(head.code, 200);
  EXPECT_EQ(head.body, "");
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    EXPECT_EQ(Ask(url, method, "/status").code, 405) << method;
  }
  EXPECT_THAT(From("/").head, HasSubstr("default-src 'none'"));
  EXPECT_THAT(From("/status").head, Not(HasSubstr("Access-Control")));
}

TEST_F(Shown, IsForBrowsersOfThisMachineOnly) {
  const std::string url = status->url();
  EXPECT_EQ(Ask(url, "GET", "/status", "Host: evil.example.org\r\n").code, 421);
  EXPECT_EQ(Ask(url, "GET", "/status", "Host: localhost:1\r\n").code, 200);
  EXPECT_EQ(Ask(url, "GET", "/status").code, 200);
}

TEST_F(Shown, LeavesSignalsAsTheyAre) {
  struct sigaction before = {};
  struct sigaction after = {};
  sigaction(SIGPIPE, nullptr, &before);
  Listen();
  sigaction(SIGPIPE, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

TEST(StatusServerTest, SaysThatAPortIsTaken) {
  const auto first = Listen();
  const auto second =
      StatusServer::Start(first->url().substr(sizeof("http://") - 1));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(first->url().substr(sizeof("http://") - 1)));
  EXPECT_EQ(StatusServer::Start("nowhere").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(StatusServerTest, KnowsWhetherOthersMayReachIt) {
  EXPECT_FALSE(Listen()->open_to_others());
  const auto open = StatusServer::Start("0.0.0.0:0");
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_TRUE((*open)->open_to_others());
}

TEST(StatusServerTest, NeverShowsASecret) {
  auto keys = std::make_shared<TestKeys>(2);
  LocalCluster cluster(2, "tcp", WithKeys({}, keys));
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  const auto status = Listen();
  status->Show(&cluster[1]);
  for (const char* path : {"/", "/status", "/metrics", "/recorder", "/history",
                           "/healthz", "/readyz"}) {
    const std::string body = Get(status->url(), path).body;
    EXPECT_FALSE(body.empty()) << path;
    EXPECT_THAT(body, Not(HasSubstr(keys->pair(1).secret_key.text()))) << path;
    EXPECT_THAT(body, Not(HasSubstr(keys->file(1)))) << path;
  }
}

}  // namespace
}  // namespace raft_cluster::internal
