// Five servers send 100,000 times, to one peer or to all, as dice have it. As
// in every test of a cluster, the end judges order, gaps and repeats.

#include <cstdint>
#include <random>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr int kServers = 5;
constexpr int kSendsPerServer = 20000;

class Load : public ClusterTest {};

// Mostly small, some of no bytes at all, and one in 500 large enough to go in
// pieces.
size_t RandomSize(std::mt19937_64& dice) {
  return dice() % 500 == 0 ? dice() % 200000 : dice() % 200;
}

// Each peer as often as everybody.
Pid RandomReceiver(std::mt19937_64& dice, Pid self) {
  const Pid pid = 1 + dice() % kServers;
  return pid == self ? kBroadcast : pid;
}

void SendAll(RecordedCluster& cluster, Pid self) {
  std::mt19937_64 dice(/*seed=*/self);
  RecordedSender sender = cluster.NewSender(self);
  for (int i = 0; i < kSendsPerServer; ++i) {
    const Pid to = RandomReceiver(dice, self);
    const auto receipt = sender.Send(to, RandomSize(dice), kPatience);
    ASSERT_THAT(receipt, IsOk());
    ASSERT_EQ(receipt->accepted, to == kBroadcast ? kServers - 1 : 1);
    ASSERT_EQ(receipt->skipped, 0);
  }
}

TEST_P(Load, EverythingIsTakenOnceAndInTheOrderOfItsSender) {
  RecordedCluster& cluster = NewCluster(kServers);
  cluster.CollectAll();
  std::vector<std::thread> senders;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    senders.emplace_back([&cluster, pid] { SendAll(cluster, pid); });
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_THAT(cluster.local().WaitUntilTaken(2 * kPatience), IsOk());

  uint64_t sent = 0;
  uint64_t received = 0;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    const Stats stats = cluster[pid].stats();
    sent += stats.sent();
    received += stats.received();
  }
  EXPECT_GT(sent, uint64_t{kServers} * kSendsPerServer);
  EXPECT_EQ(received, sent);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Load, AllSchemesAndFaults(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
