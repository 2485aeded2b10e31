// Any method from any thread: many threads at one server at the same time.
// What the sanitizers see here matters as much as what is asserted.

#include <atomic>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/ledger.h"

namespace raft_cluster::internal {
namespace {

constexpr int kThreads = 4;
constexpr int kSends = 2000;

class Threads : public ClusterTest {
 protected:
  void TearDown() override {
    Finish();
    ClusterTest::TearDown();
  }
  // Runs `action` again and again in a thread of its own, until Finish().
  void Repeat(const std::function<void()>& action) {
    threads_.emplace_back([this, action] {
      while (!done_) action();
    });
  }
  void Finish() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<bool> done_{false};
  std::vector<std::thread> threads_;
};

void SendMany(RecordedSender sender, Pid to, int count) {
  for (int i = 0; i < count; ++i) {
    ASSERT_THAT(sender.Send(i % 10 == 0 ? kBroadcast : to, i % 1000, kPatience),
                IsOk());
  }
}

TEST_P(Threads, OfAllKindsAtOneServerGetAlong) {
  RecordedCluster& cluster = NewCluster(3);
  for (Pid pid : {1, 2, 3}) cluster.Collect(pid, kThreads);
  Server& server = cluster[1];
  Repeat([&server] { EXPECT_THAT(CheckLedgers(server.stats()), IsOk()); });
  Repeat([&server] { EXPECT_THAT(server.WaitForPeers(2, kPatience), IsOk()); });
  std::vector<std::thread> senders;
  for (int i = 0; i < kThreads; ++i) {
    senders.emplace_back(SendMany, cluster.NewSender(1), 2, kSends);
    senders.emplace_back(SendMany, cluster.NewSender(2), 1, kSends);
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  Finish();
}

// The window is small: senders wait for room again and again.
TEST_P(Threads, ThatAllWaitForRoomAllGetIt) {
  RecordedCluster& cluster = NewCluster(3, With(SmallBudgets()));
  cluster.CollectAll();
  std::vector<std::thread> senders;
  for (int i = 0; i < kThreads; ++i) {
    senders.emplace_back([sender = cluster.NewSender(1)]() mutable {
      for (int i = 0; i < 300; ++i) {
        ASSERT_THAT(sender.Send(2, 20000, kPatience), IsOk());
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(Threads, InTheMiddleOfEverythingAreEndedByClose) {
  RecordedCluster& cluster = NewCluster(3);
  for (Pid pid : {1, 2, 3}) cluster.Collect(pid, 2);
  Server& server = cluster[1];
  Repeat([&server] { EXPECT_THAT(CheckLedgers(server.stats()), IsOk()); });
  std::vector<std::thread> senders;
  for (int i = 0; i < kThreads; ++i) {
    senders.emplace_back([sender = cluster.NewSender(1)]() mutable {
      while (true) {
        const absl::Status status = sender.Send(2, 100, kPatience).status();
        if (status.ok()) continue;
        EXPECT_THAT(status, HasCode(absl::StatusCode::kFailedPrecondition));
        return;
      }
    });
  }
  EXPECT_TRUE(Eventually([&] { return LedgerOf(server, 2).taken() > 1000; }));
  EXPECT_THAT(server.Close(kPatience), IsOk());
  for (std::thread& sender : senders) sender.join();
  Finish();
}

INSTANTIATE_TEST_SUITE_P(Schemes, Threads, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
