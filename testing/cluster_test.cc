#include "raft/testing/cluster_test.h"

#include "raft/testing/faulty/faulty.h"
#include "raft/testing/proxy/proxies.h"
#include "raft/testing/test_keys.h"

namespace raft {
namespace {

// More than the largest frame, so that each connection carries something; and
// old enough that those who made it do not take it for one that never worked.
constexpr size_t kProxyResetBytes = 100000;
constexpr absl::Duration kProxyResetAge = absl::Milliseconds(200);

Faults AllFaults() {
  Faults faults;
  faults.loss = 0.03;
  faults.duplication = 0.1;
  faults.delay = 0.2;
  faults.reset = 0.005;
  faults.refusal = 0.02;
  return faults;
}

std::shared_ptr<Proxies> ResettingProxies() {
  return std::make_shared<Proxies>([](TcpProxy& proxy) {
    proxy.CutAfter(kProxyResetBytes, TcpProxy::Cut::kReset, kProxyResetAge);
  });
}

}  // namespace

RecordedCluster& ClusterTest::NewCluster(int servers) {
  return NewCluster(servers, LocalCluster::Setup());
}

RecordedCluster& ClusterTest::NewCluster(int servers,
                                         const LocalCluster::Setup& setup) {
  std::string scheme = GetParam();
  LocalCluster::Setup with_faults = setup;
  if (scheme == "faulty_loopback") {
    scheme = "loopback";
    with_faults.transports = FaultyTransports(setup.transports, AllFaults());
  } else if (scheme == "curve_tcp") {
    scheme = "tcp";
    with_faults = WithKeys(setup, std::make_shared<TestKeys>(servers));
  } else if (scheme == "proxied_tcp") {
    scheme = "tcp";
    // Shared with the cluster, whose servers it has to outlive.
    with_faults.config_of = [proxies = ResettingProxies()](
                                Pid pid, const Config& config) {
      return proxies->ConfigOf(pid, config);
    };
  }
  clusters_.push_back(
      std::make_unique<RecordedCluster>(servers, scheme, with_faults));
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
