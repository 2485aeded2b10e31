#include "raft/cmd/top/collector.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "absl/status/status.h"

namespace raft_cluster::internal {
namespace {

bool IsSameLife(const Stats& a, const Stats& b) {
  return a.pid() == b.pid() &&
         a.incarnation().start_us() == b.incarnation().start_us() &&
         a.incarnation().random() == b.incarnation().random();
}

// Counts go up within a life.
double Growth(uint64_t before, uint64_t now) {
  return now >= before ? static_cast<double>(now - before) : 0;
}

// Peers come and go, their figures with them; so these are compared peer by
// peer.
using Peers = std::map<int, const PeerStats*>;

Peers PeersOf(const Stats& stats) {
  Peers peers;
  for (const PeerStats& peer : stats.peers()) peers[peer.pid()] = &peer;
  return peers;
}

void SetRates(const Stats& before, ClusterStatus::Server& server) {
  const Stats& now = server.stats();
  server.clear_rates();
  if (!IsSameLife(before, now) || now.unix_us() <= before.unix_us()) return;
  const Peers former = PeersOf(before);
  double sent_bytes = 0, received_bytes = 0;
  for (const PeerStats& peer : now.peers()) {
    const auto was = former.find(peer.pid());
    if (was == former.end()) continue;
    sent_bytes += Growth(was->second->sent_bytes(), peer.sent_bytes());
    received_bytes +=
        Growth(was->second->received_bytes(), peer.received_bytes());
  }
  const double seconds =
      static_cast<double>(now.unix_us() - before.unix_us()) / 1e6;
  ClusterStatus::Rates& rates = *server.mutable_rates();
  rates.set_sent(Growth(before.sent(), now.sent()) / seconds);
  rates.set_received(Growth(before.received(), now.received()) / seconds);
  rates.set_sent_bytes(sent_bytes / seconds);
  rates.set_received_bytes(received_bytes / seconds);
}

// How often each delay occurred to a peer since `before`, by its upper bound.
void AddDelays(const PeerStats& before, const PeerStats& now,
               std::map<uint64_t, uint64_t>& counts) {
  std::map<uint64_t, uint64_t> former;
  for (const Histogram::Bucket& bucket : before.delay().buckets()) {
    former[bucket.up_to_us()] += bucket.count();
  }
  for (const Histogram::Bucket& bucket : now.delay().buckets()) {
    const uint64_t was = former[bucket.up_to_us()];
    if (bucket.count() > was) counts[bucket.up_to_us()] += bucket.count() - was;
  }
}

void SetDelay(const Stats& before, ClusterStatus::Server& server) {
  server.clear_delay();
  if (!IsSameLife(before, server.stats())) return;
  std::map<uint64_t, uint64_t> counts;
  const Peers former = PeersOf(before);
  for (const PeerStats& peer : server.stats().peers()) {
    const auto was = former.find(peer.pid());
    if (was != former.end()) AddDelays(*was->second, peer, counts);
  }
  uint64_t all = 0;
  for (const auto& [up_to_us, count] : counts) all += count;
  if (all == 0) return;
  ClusterStatus::Delay& delay = *server.mutable_delay();
  delay.set_count(all);
  uint64_t seen = 0;
  for (const auto& [up_to_us, count] : counts) {
    // The ranks of the two, from 1 on, rounded up.
    if (seen < (all + 1) / 2) delay.set_p50_us(up_to_us);
    if (seen < all - all / 100) delay.set_p99_us(up_to_us);
    seen += count;
  }
}

}  // namespace

bool IsLive(const PeerStats& peer) {
  return peer.state() == PeerStats::UP || peer.state() == PeerStats::SLOW;
}

int64_t Trouble(const ClusterStatus::Server& server) {
  if (!server.error().empty()) return INT64_MAX;
  int64_t trouble = 0;
  if (server.stats().closed()) trouble += 1'000'000;
  for (const PeerStats& peer : server.stats().peers()) {
    if (!IsLive(peer)) trouble += 1'000;
    if (peer.state() == PeerStats::SLOW) trouble += 1;
  }
  return trouble;
}

Collector::Collector(const std::vector<std::string>& urls)
    : servers_(urls.size()) {
  for (size_t i = 0; i < urls.size(); ++i) {
    servers_[i].set_status_url(urls[i]);
  }
}

void Collector::Add(uint64_t unix_us,
                    const std::vector<absl::StatusOr<Stats>>& answers) {
  unix_us_ = unix_us;
  for (size_t i = 0; i < answers.size(); ++i) {
    ClusterStatus::Server& server = servers_[i];
    const absl::StatusOr<Stats>& answer = answers[i];
    if (answer.ok()) {
      const Stats before = server.stats();
      server.clear_error();
      *server.mutable_stats() = *answer;
      SetRates(before, server);
      SetDelay(before, server);
    } else if (!absl::IsCancelled(answer.status())) {
      server.set_error(std::string(answer.status().message()));
      server.clear_rates();
      server.clear_delay();
    }
  }
}

ClusterStatus Collector::Collect() const {
  std::vector<const ClusterStatus::Server*> order;
  for (const ClusterStatus::Server& server : servers_) {
    order.push_back(&server);
  }
  std::stable_sort(
      order.begin(), order.end(), [](const auto* a, const auto* b) {
        const int64_t x = Trouble(*a), y = Trouble(*b);
        return x != y ? x > y : a->stats().pid() < b->stats().pid();
      });
  ClusterStatus status;
  status.set_unix_us(unix_us_);
  for (const ClusterStatus::Server* server : order) {
    *status.add_servers() = *server;
  }
  return status;
}

}  // namespace raft_cluster::internal
