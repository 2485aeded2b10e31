// Servers end under threads that are inside them, round after round: nobody
// uses what was freed (a sanitizer sees it), and nobody is left waiting.
#include <atomic>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/cluster/handler.h"
#include "raft/testing/eventually.h"
#include "raft/testing/local_cluster.h"

namespace raft_cluster::internal {
namespace {

constexpr int kRounds = 100;
constexpr absl::Duration kLong = absl::Hours(1);

// Talks to everybody all the time.
class Talker : public Handler {
 public:
  void OnStart(Context& context) override {
    context.SetTimer(1, absl::ZeroDuration());
  }
  void OnTimer(Context& context, int) override {
    context.TrySend(kBroadcast, "and another thing").IgnoreError();
    context.SetTimer(1, absl::Microseconds(100));
  }
  void OnEnvelope(Context& context, const Received& got) override {
    calls.fetch_add(1);
    context.TrySend(got.from(), "indeed").IgnoreError();
  }
  std::atomic<int> calls{0};
};

// Threads that call a server again and again, until it is no more.
class Callers {
 public:
  explicit Callers(Server* server) {
    Start([server] {
      return raft_cluster::Run(*server, *std::make_unique<Talker>());
    });
    Start([server] { return server->inbox().Receive(kLong).status(); });
    Start([server] { return server->NextEvent(kLong).status(); });
    Start([server] {
      return server->outbox()
          .Send(kBroadcast, std::string(5000, 'x'), kLong)
          .status();
    });
  }
  // The last answers, once all are through.
  std::vector<absl::Status> Join() {
    for (std::thread& thread : threads_) thread.join();
    return answers_;
  }

 private:
  template <typename Call>
  void Start(Call call) {
    absl::Status& answer = answers_[threads_.size()];
    threads_.emplace_back([call, &answer] {
      while ((answer = call()).ok()) {
      }
    });
  }
  std::vector<absl::Status> answers_{4};
  std::vector<std::thread> threads_;
};

class Threads : public testing::TestWithParam<std::string> {};

TEST_P(Threads, AreOutOfAServerThatCrashes) {
  Talker talker, other;
  LocalCluster cluster(2, GetParam());
  ASSERT_EQ(cluster.RunHandler(1, talker), absl::OkStatus());
  for (int round = 0; round < kRounds; ++round) {
    if (round % 8 == 0) {
      ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
    }
    Callers callers(cluster.server(2));
    absl::SleepFor(absl::Microseconds(round * 40));
    ASSERT_EQ(cluster.Crash(2), absl::OkStatus());
    for (const absl::Status& answer : callers.Join()) {
      EXPECT_EQ(answer.code(), absl::StatusCode::kCancelled) << answer;
    }
    ASSERT_EQ(cluster.Start(2), absl::OkStatus());
  }
  ASSERT_EQ(cluster.RunHandler(2, other), absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return talker.calls > 0; }));
}

TEST_P(Threads, AreOutOfAServerThatStops) {
  Talker talker;
  LocalCluster cluster(2, GetParam());
  ASSERT_EQ(cluster.RunHandler(1, talker), absl::OkStatus());
  for (int round = 0; round < kRounds; ++round) {
    Server* const server = cluster.server(2);
    std::thread thread([server] {
      while (server->inbox().Receive(kLong).ok()) {
      }
      Talker own;
      raft_cluster::Run(*server, own).IgnoreError();
    });
    absl::SleepFor(absl::Microseconds(round * 40));
    cluster.Stop(2, absl::Milliseconds(1)).IgnoreError();
    thread.join();
    ASSERT_EQ(cluster.Start(2), absl::OkStatus());
  }
}

TEST_P(Threads, OfHandlersEndWithTheirServers) {
  std::vector<std::unique_ptr<Talker>> talkers;
  LocalCluster cluster(3, GetParam());
  const auto run = [&](Pid pid) {
    talkers.push_back(std::make_unique<Talker>());
    return cluster.RunHandler(pid, *talkers.back());
  };
  for (Pid pid : {1, 2, 3}) ASSERT_EQ(run(pid), absl::OkStatus());
  EXPECT_EQ(run(1).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(run(4).code(), absl::StatusCode::kNotFound);
  for (int round = 0; round < kRounds; ++round) {
    const Pid pid = 1 + round % 3;
    ASSERT_EQ(cluster.Restart(pid), absl::OkStatus());
    ASSERT_EQ(run(pid), absl::OkStatus());
  }
  EXPECT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  EXPECT_EQ(cluster.CheckLedgers(), absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(Schemes, Threads, testing::Values("tcp", "loopback"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace raft_cluster::internal
