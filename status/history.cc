#include "raft/status/history.h"

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
    totals.accepted += peer.ledger().accepted();
    totals.received += peer.received();
    totals.sent_bytes += peer.sent_bytes();
    totals.received_bytes += peer.received_bytes();
    for (const Histogram::Bucket& bucket : peer.delay().buckets()) {
      totals.delays[bucket.up_to_us()] += bucket.count();
    }
  }
  return totals;
}

void History::FillDelays(const Totals& before, const Totals& now,
                         Point* point) {
  std::map<uint64_t, uint64_t> counts;
  uint64_t count = 0;
  for (const auto& [bound, total] : now.delays) {
    const auto former = before.delays.find(bound);
    const uint64_t was = former == before.delays.end() ? 0 : former->second;
    if (total <= was) continue;
    counts[bound] = total - was;
    count += total - was;
  }
  if (count == 0) return;
  point->median_us = Quantile(counts, count, 0.5);
  point->slow_us = Quantile(counts, count, 0.99);
}

void History::Add(const Stats& stats, absl::Duration elapsed) {
  Totals now = TotalsOf(stats);
  const Incarnation& life = stats.incarnation();
  const bool goes_on = has_last_ && life.start_us() == life_.start_us() &&
                       life.random() == life_.random();
  if (goes_on && elapsed > absl::ZeroDuration()) {
    Point point;
    point.unix_ms = stats.unix_us() / 1000;
    // A peer that has left the configuration took its figures along.
    const auto rate = [elapsed](uint64_t before, uint64_t after) {
      return after <= before ? 0
                             : static_cast<double>(after - before) /
                                   absl::ToDoubleSeconds(elapsed);
    };
    point.rates[0] = rate(last_.accepted, now.accepted);
    point.rates[1] = rate(last_.received, now.received);
    point.rates[2] = rate(last_.sent_bytes, now.sent_bytes);
    point.rates[3] = rate(last_.received_bytes, now.received_bytes);
    FillDelays(last_, now, &point);
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
