// What may happen to the process in which a server lives: it forks, and gets
// signals all the time.

#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/local_addresses.h"

namespace raft_cluster::internal {
namespace {

class Process : public ClusterTest {
 protected:
  // Two servers that send to each other until Finish().
  void StartLoad() {
    cluster_ = &NewCluster(2);
    cluster_->CollectAll();
    for (const Pid pid : {1, 2}) {
      senders_.emplace_back(
          [this, pid, sender = cluster_->NewSender(pid)]() mutable {
            while (!done_) {
              ASSERT_THAT(sender.Send(3 - pid, 500, kPatience), IsOk());
            }
          });
    }
    ASSERT_TRUE(Flows());
  }
  bool Flows() {
    const uint64_t there = LedgerOf((*cluster_)[1], 2).taken() + 1000;
    const uint64_t back = LedgerOf((*cluster_)[2], 1).taken() + 1000;
    return Eventually([&] {
      return LedgerOf((*cluster_)[1], 2).taken() >= there &&
             LedgerOf((*cluster_)[2], 1).taken() >= back;
    });
  }
  void Finish() {
    done_ = true;
    for (std::thread& sender : senders_) sender.join();
    senders_.clear();
    EXPECT_THAT(cluster_->local().WaitUntilTaken(kPatience), IsOk());
  }
  void TearDown() override {
    if (!senders_.empty()) Finish();
    ClusterTest::TearDown();
  }

  RecordedCluster* cluster_ = nullptr;

 private:
  std::atomic<bool> done_{false};
  std::vector<std::thread> senders_;
};

// Which of the calls did not answer as they should in a child; 0 is well.
int CallsThatWork(Server& server) {
  const auto works = [](const absl::Status& status) {
    return status.code() != absl::StatusCode::kFailedPrecondition;
  };
  std::vector<Received> received;
  int wrong = 0;
  wrong |= works(server.outbox().TrySend(2, "x").status()) << 0;
  wrong |= works(server.outbox().Send(2, "x", kPatience).status()) << 1;
  wrong |= works(server.inbox().Receive(kPatience).status()) << 2;
  wrong |= works(server.inbox().ReceiveBatch(kPatience, 9, received).status())
           << 3;
  wrong |= works(server.NextEvent(kPatience).status()) << 4;
  wrong |= works(server.WaitForPeers(1, kPatience)) << 5;
  wrong |= works(server.Close(kPatience)) << 6;
  wrong |= (works(server.fd().status()) || works(server.Post([](Context&) {})))
           << 6;
  wrong |= (server.stats().peers_size() != 0 || server.pid() != 1) << 7;
  return wrong;
}

// Runs `child` in a forked process and gives its result.
int InChild(const std::function<int()>& child) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(60);  // Whoever hangs is ended.
    _exit(child());
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_P(Process, ThatForksGoesOnAndItsChildIsToldNo) {
  StartLoad();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(InChild([&] { return CallsThatWork((*cluster_)[1]); }), 0);
    EXPECT_TRUE(Flows());
  }
}

// Starts its own server, which has no keys.
class ProcessWithoutKeys : public Process {};

TEST_P(ProcessWithoutKeys, MayDestroyItsServerInAChildToo) {
  RecordedCluster& cluster = NewCluster(1);
  Config config = cluster.local().config();
  ASSERT_THAT(cluster.Stop(1, kPatience), IsOk());
  auto started = Server::Start(config, 1);
  ASSERT_THAT(started, IsOk());
  std::unique_ptr<Server> server = *std::move(started);
  EXPECT_EQ(InChild([&] {
              server->outbox().Close();
              server = nullptr;
              return 0;
            }),
            0);
  // Its outbox is open, and its address its own.
  EXPECT_THAT(server->outbox().TrySend(kBroadcast, "x"), IsOk());
  EXPECT_THAT(server->Close(kPatience), IsOk());
}

// One each millisecond to every thread that lets them in, without SA_RESTART:
// system calls answer EINTR.
TEST_P(Process, ThatGetsSignalsAllTheTimeLosesNothing) {
  struct sigaction action = {};
  struct sigaction before;
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  const itimerval each_millisecond = {{0, 1000}, {0, 1000}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &each_millisecond, nullptr), 0);
  StartLoad();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Flows());
  Finish();
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
}

// Somebody starts server 1 a second time, at another address: the older one is
// told by those who have heard the newer, and stops.
TEST(Twins, OfOnePidDoNotBothSpeak) {
  LocalCluster cluster(2, "tcp");
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  const auto elsewhere = LocalAddresses::Pick("tcp", 1);
  ASSERT_THAT(elsewhere, IsOk());
  Config config = cluster.config();
  config.mutable_object()->mutable_servers(0)->set_listen(elsewhere->urls()[0]);
  const auto twin = Server::Start(config, 1);
  ASSERT_THAT(twin, IsOk());
  EXPECT_TRUE(Eventually([&] {
    return absl::IsFailedPrecondition(
        cluster[1].outbox().TrySend(2, "old").status());
  }));
  EXPECT_THAT(
      cluster[1].inbox().Receive(kPatience),
      HasCodeAndText(absl::StatusCode::kFailedPrecondition, "superseded"));
}

INSTANTIATE_TEST_SUITE_P(Schemes, Process, AllSchemesAndKeys(), SchemeName);
INSTANTIATE_TEST_SUITE_P(Schemes, ProcessWithoutKeys, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
