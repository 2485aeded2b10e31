#include "testing/cluster_test.h"

#include <chrono>  // NOLINT(build/c++11)

#include "absl/time/clock.h"

namespace raft {

RecordedCluster& ClusterTest::NewCluster(int servers) {
  return NewCluster(servers, LocalCluster::Setup());
}

RecordedCluster& ClusterTest::NewCluster(int servers,
                                         const LocalCluster::Setup& setup) {
  clusters_.push_back(
      std::make_unique<RecordedCluster>(servers, scheme(), setup));
  RecordedCluster& cluster = *clusters_.back();
  EXPECT_THAT(cluster.local().WaitUntilUp(kPatience), IsOk());
  return cluster;
}

void ClusterTest::TearDown() {
  for (const auto& cluster : clusters_) EXPECT_THAT(cluster->Check(), IsOk());
}

std::string SchemeName(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

LocalCluster::Setup With(const Options& options) {
  LocalCluster::Setup setup;
  setup.options = [options](Pid) { return options; };
  return setup;
}

Options SmallBudgets() {
  Options options;
  options.max_envelope_bytes = size_t{64} << 10;
  options.link_budget_bytes = size_t{128} << 10;
  options.inbox_budget_bytes = size_t{128} << 10;
  return options;
}

bool Eventually(const std::function<bool()>& condition,
                absl::Duration patience) {
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(patience);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

PeerStats StatsOf(const Server& server, Pid peer) {
  const Stats stats = server.stats();
  for (const PeerStats& peer_stats : stats.peers()) {
    if (peer_stats.pid() == peer) return peer_stats;
  }
  return PeerStats();
}

Ledger LedgerOf(const Server& server, Pid peer) {
  return StatsOf(server, peer).ledger();
}

}  // namespace raft
