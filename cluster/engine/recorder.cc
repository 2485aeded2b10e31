#include "raft/cluster/engine/recorder.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

namespace raft_cluster::internal {
namespace {

constexpr Micros kFoldWithin = 60000000;
// Reasons are a line each; a resolver or a plug-in may say more.
constexpr size_t kMaxDetailBytes = 512;

bool MayBeMany(const Event& event) {
  return event.kind() == Event::FRAME_REFUSED ||
         event.kind() == Event::ENVELOPES_SKIPPED ||
         event.kind() == Event::ROOM;
}

std::string Cut(const std::string& detail) {
  return detail.substr(0, kMaxDetailBytes);
}

using Sort = std::tuple<int, int32_t, int>;  // Kind, peer and refusal.

}  // namespace

struct Recorder::State {
  explicit State(const Recording& recording) : of(recording) {}

  // The event that this one is to be counted in; null if none is.
  // REQUIRES: `mu` is held.
  RecordedEvent* Former(const Event& event, Micros now);

  // Guards all below. Not base/mutex.h's, of which a program has another where
  // its schedules are explored (testing/interleaving).
  std::mutex mu;
  Recording of;
  std::deque<RecordedEvent> events;
  uint64_t recorded = 0;
  std::deque<RecordedState> states;
  uint64_t recorded_states = 0;
  // The numbers of the last events of those that may be many.
  std::map<Sort, uint64_t> last_of;
};

Recorder::Recorder(const Recording& of, WallClock wall_clock, Micros now)
    : wall_clock_(wall_clock),
      offset_(static_cast<int64_t>(of.incarnation().start_us()) - now),
      state_(std::make_unique<State>(of)) {}

Recorder::~Recorder() = default;

RecordedEvent* Recorder::State::Former(const Event& event, Micros now) {
  uint64_t& last =
      last_of[{event.kind(), event.peer(), static_cast<int>(event.refusal())}];
  // Events are numbered from 1 and dropped at the front, so a number says where
  // its event is, or that it is gone.
  const uint64_t gone = recorded - events.size();
  if (last > gone) {
    RecordedEvent& former = events[last - gone - 1];
    const auto at = static_cast<Micros>(former.monotonic_us());
    if (now - at < kFoldWithin) return &former;
  }
  last = recorded + 1;
  return nullptr;
}

void Recorder::Record(const Event& event, Micros now) {
  State& state = *state_;
  const std::lock_guard<std::mutex> lock(state.mu);
  if (MayBeMany(event)) {
    if (RecordedEvent* const former = state.Former(event, now)) {
      Event* const same = former->mutable_event();
      same->set_count(same->count() + event.count());
      same->set_bytes(same->bytes() + event.bytes());
      same->set_folded(same->folded() + 1);
      // The latest says how it is now.
      same->set_address(event.address());
      same->set_detail(Cut(event.detail()));
      former->set_last_monotonic_us(static_cast<uint64_t>(now));
      return;
    }
  }
  RecordedEvent record;
  record.set_number(++state.recorded);
  *record.mutable_event() = event;
  record.mutable_event()->set_folded(1);
  record.mutable_event()->set_detail(Cut(event.detail()));
  record.set_unix_us(WallTime(now));
  record.set_monotonic_us(static_cast<uint64_t>(now));
  record.set_last_monotonic_us(static_cast<uint64_t>(now));
  if (state.events.size() >= kMaxEvents) state.events.pop_front();
  state.events.push_back(std::move(record));
}

void Recorder::Record(RecordedState change, Micros now) {
  State& state = *state_;
  const std::lock_guard<std::mutex> lock(state.mu);
  change.set_number(++state.recorded_states);
  change.set_reason(Cut(change.reason()));
  change.set_unix_us(WallTime(now));
  change.set_monotonic_us(static_cast<uint64_t>(now));
  if (state.states.size() >= kMaxStates) state.states.pop_front();
  state.states.push_back(std::move(change));
}

void Recorder::SetLife(const Incarnation& life) {
  const std::lock_guard<std::mutex> lock(state_->mu);
  *state_->of.mutable_incarnation() = life;
}

Recording Recorder::Read(Micros now) const {
  State& state = *state_;
  const std::lock_guard<std::mutex> lock(state.mu);
  Recording recording = state.of;
  recording.set_unix_us(WallTime(now));
  recording.set_monotonic_us(static_cast<uint64_t>(now));
  for (const RecordedEvent& event : state.events) {
    *recording.add_events() = event;
  }
  for (const RecordedState& change : state.states) {
    *recording.add_states() = change;
  }
  return recording;
}

void Recorder::FillLast(size_t limit, Stats* stats) const {
  State& state = *state_;
  const std::lock_guard<std::mutex> lock(state.mu);
  const size_t count = state.events.size();
  for (size_t i = count - std::min(limit, count); i < count; ++i) {
    *stats->add_last_events() = state.events[i];
  }
}

}  // namespace raft_cluster::internal
