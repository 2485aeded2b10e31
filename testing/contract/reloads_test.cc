// Two hundred reloads at random, under load and kills: nothing is taken twice
// or out of order, and nothing is lost that was not counted.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr int kServers = 4;
constexpr int kReloads = 200;

Config Without(const Config& config, const std::set<Pid>& pids) {
  Config rest = config;
  rest.mutable_object()->clear_servers();
  for (const Config::Member& member : config.object().servers()) {
    if (pids.count(member.mypid()) == 0) {
      *rest.mutable_object()->add_servers() = member;
    }
  }
  rest.mutable_object()->set_total(rest.object().servers_size());
  return rest;
}

class Reloads : public ClusterTest {
 protected:
  Pid Any() { return 1 + static_cast<Pid>(random() % kServers); }
  Pid AnyOther(Pid pid) {
    return 1 + (pid - 1 + 1 + static_cast<Pid>(random() % (kServers - 1))) %
                   kServers;
  }

  // As its file is at the moment.
  void PutInForce(RecordedCluster& cluster, Pid pid) {
    ASSERT_THAT(
        cluster.Reload(pid, Without(cluster.ConfigOf(pid), absent[pid])),
        IsOk());
  }
  void SendSome(RecordedCluster& cluster, Pid from) {
    for (int i = 0; i < 20; ++i) {
      const Pid to = random() % 4 == 0 ? kBroadcast : AnyOther(from);
      const size_t bytes = random() % 20 == 0 ? 100000 : random() % 300;
      cluster.TrySend(from, to, bytes).IgnoreError();
    }
  }
  void TakeSome(RecordedCluster& cluster, Pid pid) {
    for (int i = 0; i < 30; ++i) {
      if (!cluster.Receive(pid, absl::ZeroDuration()).ok()) return;
    }
  }
  // Until nothing is under way any more.
  void TakeTheRest(RecordedCluster& cluster) {
    ASSERT_TRUE(Eventually([&] {
      bool rest = true;
      for (Pid pid = 1; pid <= kServers; ++pid) {
        TakeSome(cluster, pid);
        const Stats stats = cluster[pid].stats();
        for (const PeerStats& peer : stats.peers()) {
          rest &= peer.ledger().in_flight() == 0;
        }
      }
      return rest;
    }));
  }

  std::mt19937 random{7};
  std::map<Pid, std::set<Pid>> absent;  // From whose configuration.
};

TEST_P(Reloads, LoseNothingThatIsNotCounted) {
  Options options;
  options.failure_timeout = kShortFailureTimeout;
  RecordedCluster& cluster = NewCluster(kServers, With(options));
  for (int reload = 0; reload < kReloads; ++reload) {
    const Pid pid = Any();
    const Pid peer = AnyOther(pid);
    if (absent[pid].erase(peer) == 0) absent[pid].insert(peer);
    PutInForce(cluster, pid);
    if (random() % 4 == 0) {  // And back at once.
      if (absent[pid].erase(peer) == 0) absent[pid].insert(peer);
      PutInForce(cluster, pid);
    }
    for (Pid each = 1; each <= kServers; ++each) {
      SendSome(cluster, each);
      TakeSome(cluster, each);
    }
    if (random() % 10 == 0) {
      const Pid killed = Any();
      ASSERT_THAT(cluster.Restart(killed), IsOk());
      PutInForce(cluster, killed);
    }
  }
  absent.clear();
  for (Pid pid = 1; pid <= kServers; ++pid) PutInForce(cluster, pid);
  ASSERT_THAT(cluster.local().WaitUntilUp(), IsOk());
  TakeTheRest(cluster);
}

INSTANTIATE_TEST_SUITE_P(Wires, Reloads, AllSchemesAndFaults(), SchemeName);
INSTANTIATE_TEST_SUITE_P(Keys, Reloads, testing::Values("curve_tcp"),
                         SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
