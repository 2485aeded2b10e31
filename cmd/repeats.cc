#include "raft/cmd/repeats.h"

#include <algorithm>
#include <cstddef>

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(2);
constexpr absl::Duration kLongestPause = absl::Minutes(5);

// Strangers may call with as many reasons as they like.
constexpr size_t kMaxSeries = 256;

bool MayRepeat(Event::Kind kind) {
  return kind == Event::FRAME_REFUSED || kind == Event::ENVELOPES_SKIPPED ||
         kind == Event::PEER_RECONNECTED || kind == Event::CONFIG_DIFFERS ||
         kind == Event::PEER_UNREACHABLE || kind == Event::ROOM;
}

// Adds `event`, a later one of the same series.
void Fold(const Event& event, Event& held) {
  Event sum = event;
  sum.set_count(held.count() + event.count());
  sum.set_bytes(held.bytes() + event.bytes());
  sum.set_folded(held.folded() + std::max(1u, event.folded()));
  sum.set_missed(held.missed() + event.missed());
  held = sum;
}

}  // namespace

std::vector<Event> Repeats::Add(const Event& event, absl::Time now) {
  if (!MayRepeat(event.kind())) return {event};
  const Key key(event.kind(), event.peer(), event.refusal(), event.detail());
  const auto series = series_.find(key);
  if (series != series_.end()) {
    Fold(event, series->second.held);
    return {};
  }
  if (series_.size() < kMaxSeries) {
    series_[key] = {Event(), kFirstPause, now + kFirstPause};
  }
  return {event};
}

std::vector<Event> Repeats::Due(absl::Time now) {
  std::vector<Event> due;
  for (auto at = series_.begin(); at != series_.end();) {
    Series& series = at->second;
    if (series.due > now) {
      ++at;
    } else if (series.held.folded() == 0) {
      at = series_.erase(at);  // It has stopped; the next one is news.
    } else {
      due.push_back(series.held);
      series.held = Event();
      series.pause = std::min(2 * series.pause, kLongestPause);
      series.due = now + series.pause;
      ++at;
    }
  }
  return due;
}

absl::Time Repeats::next_due() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [key, series] : series_) next = std::min(next, series.due);
  return next;
}

}  // namespace raft_cluster::internal
