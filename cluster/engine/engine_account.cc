// What Engine says of itself: its events and its account.
#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "raft/cluster/engine/engine.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMaxEvents = 1024;

}  // namespace

void Engine::OnEvent(Event event) {
  ++changes_;
  event.set_folded(1);
  for (auto last = events_.rbegin(); last != events_.rend(); ++last) {
    Event& same = last->event;
    if (same.peer() != event.peer()) continue;
    if (same.kind() != event.kind() || same.refusal() != event.refusal()) {
      // When a refusal came is not worth that strangers, who need only take
      // turns in what they do wrong, push out all other events.
      if (event.kind() == Event::FRAME_REFUSED) continue;
      break;
    }
    same.set_count(same.count() + event.count());
    same.set_bytes(same.bytes() + event.bytes());
    same.set_folded(same.folded() + 1);
    *same.mutable_incarnation() = event.incarnation();
    return;
  }
  if (events_.size() >= kMaxEvents) {
    events_.pop_front();
    ++events_missed_;
    ++missed_unsaid_;
  }
  events_.push_back({std::move(event), inbox_.pushed()});
}

bool Engine::NextEvent(Event* event) {
  if (events_.empty()) return false;
  *event = std::move(events_.front().event);
  events_.pop_front();
  event->set_missed(missed_unsaid_);
  missed_unsaid_ = 0;
  return true;
}

std::string Engine::MissingPeers() const {
  std::vector<Pid> missing;
  for (const uint32_t slot : peers_.slots()) {
    const Peer& peer = peers_.at(slot);
    if (!peer.link->live()) missing.push_back(peer.spec.pid);
  }
  return absl::StrJoin(missing, ", ");
}

Stats Engine::GetStats(Micros now) const {
  Stats stats;
  stats.set_pid(options_.link.self);
  stats.set_url(options_.url);
  *stats.mutable_incarnation() = me_.ToProto();
  for (const uint32_t slot : peers_.slots()) {
    PeerStats* of_peer = stats.add_peers();
    peers_.at(slot).link->FillStats(now, of_peer);
    stats.set_received(stats.received() + of_peer->received());
    stats.set_sent(stats.sent() + of_peer->ledger().accepted());
  }
  for (int reason = 0; reason < Refusal::Reason_ARRAYSIZE; ++reason) {
    if (refused_[reason] == 0) continue;
    Refusal* refusal = stats.add_refused_frames();
    refusal->set_reason(static_cast<Refusal::Reason>(reason));
    refusal->set_count(refused_[reason]);
  }
  stats.set_events_missed(events_missed_);
  return stats;
}

}  // namespace raft_cluster::internal
