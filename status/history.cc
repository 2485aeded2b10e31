#include "raft/status/history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace raft_cluster::internal {
namespace {

// The bound of the bucket that holds the first value which `fraction` of them
// do not exceed.
int64_t Quantile(const std::map<uint64_t, uint64_t>& counts, uint64_t count,
                 double fraction) {
  const double wanted = fraction * static_cast<double>(count);
  double seen = 0;
  for (const auto& [bound, here] : counts) {
    seen += static_cast<double>(here);
    if (seen >= wanted) return static_cast<int64_t>(bound);
  }
  return -1;
}

std::string Delay(int64_t us) { return us < 0 ? "null" : absl::StrCat(us); }

}  // namespace

History::Totals History::TotalsOf(const Stats& stats) {
  Totals totals;
  for (const PeerStats& peer : stats.peers()) {
    Counts& counts = totals[peer.pid()];
    counts.figures[0] = peer.ledger().accepted();
    counts.figures[1] = peer.received();
    counts.figures[2] = peer.sent_bytes();
    counts.figures[3] = peer.received_bytes();
    for (const Histogram::Bucket& bucket : peer.delay().buckets()) {
      counts.delays[bucket.up_to_us()] += bucket.count();
    }
  }
  return totals;
}

// Peer by peer: one that leaves the configuration takes its figures along, and
// one that comes back may bring them.
History::Counts History::Growth(const Totals& before, const Totals& now) {
  Counts growth;
  for (const auto& [pid, counts] : now) {
    const auto former = before.find(pid);
    if (former == before.end()) continue;
    const Counts& was = former->second;
    for (int i = 0; i < 4; ++i) {
      growth.figures[i] +=
          counts.figures[i] - std::min(counts.figures[i], was.figures[i]);
    }
    for (const auto& [bound, total] : counts.delays) {
      const auto old = was.delays.find(bound);
      const uint64_t less = old == was.delays.end() ? 0 : old->second;
      if (total > less) growth.delays[bound] += total - less;
    }
  }
  return growth;
}

void History::FillDelays(const Counts& growth, Point* point) {
  uint64_t count = 0;
  for (const auto& [bound, here] : growth.delays) count += here;
  if (count == 0) return;
  point->median_us = Quantile(growth.delays, count, 0.5);
  point->slow_us = Quantile(growth.delays, count, 0.99);
}

void History::Add(const Stats& stats, absl::Duration elapsed) {
  Totals now = TotalsOf(stats);
  const Incarnation& life = stats.incarnation();
  const bool goes_on = has_last_ && life.start_us() == life_.start_us() &&
                       life.random() == life_.random();
  if (goes_on && elapsed > absl::ZeroDuration()) {
    Point point;
    point.unix_ms = stats.unix_us() / 1000;
    const Counts growth = Growth(last_, now);
    for (int i = 0; i < 4; ++i) {
      point.rates[i] = static_cast<double>(growth.figures[i]) /
                       absl::ToDoubleSeconds(elapsed);
    }
    FillDelays(growth, &point);
    points_.push_back(point);
    if (points_.size() > kMaxPoints) points_.pop_front();
  }
  has_last_ = true;
  life_ = life;
  last_ = std::move(now);
}

std::string History::Json(uint64_t since_ms) const {
  std::string json = "{\"points\":[";
  const char* separator = "";
  for (const Point& point : points_) {
    if (point.unix_ms <= since_ms) continue;
    absl::StrAppendFormat(&json, "%s[%d,%.1f,%.1f,%.1f,%.1f,%s,%s]", separator,
                          point.unix_ms, point.rates[0], point.rates[1],
                          point.rates[2], point.rates[3],
                          Delay(point.median_us), Delay(point.slow_us));
    separator = ",";
  }
  absl::StrAppend(&json, "]}");
  return json;
}

}  // namespace raft_cluster::internal
