// What Link makes of time, of its end, and what it says of itself.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "raft/base/assert.h"
#include "raft/cluster/link/link.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kMaxBlackHoleBound = 30000000;

}  // namespace

// ---- Time -------------------------------------------------------------------

bool Link::Tick(Micros now) {
  if (may_send_items()) {
    session_.silent = now - session_.last_heard > options_.failure_timeout;
    session_.slow =
        SlowSince() != kNever && now - SlowSince() >= options_.heartbeat;
    ReportState();
  }
  const Micros since = DeafSince();
  if (since == kNever || now - since < session_.black_hole_bound) return false;
  session_.unechoed_since = now;
  session_.stranger_since = kNever;
  session_.black_hole_bound =
      std::min(2 * session_.black_hole_bound, kMaxBlackHoleBound);
  sink_->OnEvent(MakeEvent(Event::PEER_RECONNECTED));
  return true;
}

Micros Link::TickDeadline() const {
  if (phase_ == Phase::kFenced) return kNever;
  Micros deadline = kNever;
  if (may_send_items()) {
    if (!session_.silent)
      deadline = session_.last_heard + options_.failure_timeout + 1;
    if (!session_.slow && SlowSince() != kNever) {
      deadline = std::min(deadline, SlowSince() + options_.heartbeat);
    }
  }
  if (DeafSince() != kNever) {
    deadline = std::min(deadline, DeafSince() + session_.black_hole_bound);
  }
  return deadline;
}

void Link::HeldUp(Micros duration, Micros now) {
  const auto shift = [&](Micros* since) {
    if (*since != kNever) *since = std::min(*since + duration, now);
  };
  if (!session_.silent) shift(&session_.last_heard);
  shift(&session_.unechoed_since);
  shift(&session_.stranger_since);
}

// ---- The end ----------------------------------------------------------------

void Link::Leave() {
  leaving_ = true;
  if (session()) ask_now_ = true;
}

bool Link::Left() const {
  return !live() || (queue_.empty() && session_.leave_stamp != 0 &&
                     session_.echoed >= session_.leave_stamp);
}

void Link::Abandon() {
  ledger_.set_abandoned(ledger_.abandoned() + queue_.SettleAll().envelopes);
  session_.in_flight.clear();
  session_.lost = 0;
}

void Link::Fence() {
  Abandon();
  phase_ = Phase::kFenced;
}

void Link::Rebirth(const Life& me, Micros now) {
  RAFT_ASSERT(!held_session());
  me_ = me;
  hello_at_ = now;
}

// ---- What is known ----------------------------------------------------------

bool Link::live() const {
  return phase_ == Phase::kOpen && !session_.silent && refused_why_.empty();
}

PeerStats::State Link::state() const {
  if (phase_ == Phase::kClosed || phase_ == Phase::kFenced ||
      !refused_why_.empty()) {
    return PeerStats::DOWN;
  }
  if (phase_ != Phase::kOpen) return PeerStats::CONNECTING;
  if (session_.silent) return PeerStats::SILENT;
  return session_.slow ? PeerStats::SLOW : PeerStats::UP;
}

void Link::ReportState() {
  const PeerStats::State now = state();
  if (now == reported_) return;
  reported_ = now;
  Event event;
  if (now == PeerStats::UP) {
    event = MakeEvent(Event::PEER_UP);
  } else if (now == PeerStats::SLOW) {
    event = MakeEvent(Event::PEER_SLOW);
  } else if (now == PeerStats::SILENT) {
    event = MakeEvent(Event::PEER_SILENT);
  } else if (!refused_why_.empty()) {
    event = MakeEvent(Event::PEER_DOWN);
    event.set_detail(refused_why_);
  } else {
    return;  // PEER_RESTARTED, PEER_LEFT and SUPERSEDED say it.
  }
  sink_->OnEvent(std::move(event));
}

// Since when we have not been heard by a peer that should. Of an absent one
// nothing is expected; of one that speaks, an answer is.
Micros Link::DeafSince() const {
  if (may_send_items()) return session_.unechoed_since;
  return phase_ == Phase::kNone ? session_.stranger_since : kNever;
}

// The peer's application keeps us waiting: for credit, or for room of our own
// while all that was sent has arrived.
Micros Link::SlowSince() const {
  return session_.in_flight.empty()
             ? std::min(session_.starved_since, session_.full_since)
             : session_.starved_since;
}

std::string Link::Reason() const {
  switch (state()) {
    case PeerStats::DOWN:
      if (phase_ == Phase::kClosed) return "left";
      if (phase_ == Phase::kFenced) return "this server is superseded";
      return refused_why_;
    case PeerStats::CONNECTING:
      if (!trouble_.empty()) return trouble_;
      if (session_.stranger_since != kNever) {
        return absl::StrCat("it calls this server, but does not answer at ",
                            options_.peer_url);
      }
      if (connections_made_ == 0) return "not connected yet";
      return absl::StrCat("connected to ", options_.peer_url,
                          ", where no server ", options_.peer, " answers yet");
    case PeerStats::SILENT:
      return absl::StrCat(
          "not heard for ",
          absl::FormatDuration(absl::Microseconds(options_.failure_timeout)),
          trouble_.empty() ? "" : ": ", trouble_);
    case PeerStats::SLOW:
      return "its application does not take what it is sent";
    default:
      return "";
  }
}

Event Link::MakeEvent(Event::Kind kind) const {
  Event event;
  event.set_kind(kind);
  event.set_peer(options_.peer);
  if (peer_) *event.mutable_incarnation() = peer_.ToProto();
  return event;
}

void Link::FillStats(Micros now, PeerStats* stats) const {
  stats->set_pid(options_.peer);
  stats->set_url(options_.peer_url);
  stats->set_state(state());
  stats->set_reason(Reason());
  if (peer_) *stats->mutable_incarnation() = peer_.ToProto();
  if (session()) stats->set_version(CommonVersion(peer_hello_));
  *stats->mutable_ledger() = ledger_;
  stats->mutable_ledger()->set_in_flight(queue_.unsettled());
  stats->set_queued_bytes(queue_.held_cost());
  if (!queue_.empty()) {
    stats->set_oldest_untaken_us(
        static_cast<uint64_t>(now - queue_.oldest_time()));
  }
  stats->set_received(received_);
  stats->set_received_taken(received_taken_);
  stats->set_inbox_bytes(window_.inbox_cost());
  stats->set_round_trip_us(static_cast<uint64_t>(round_trip_));
  stats->set_reconnects(connections_made_ > 0 ? connections_made_ - 1 : 0);
  stats->set_frames_resent(resent_);
  for (int reason = 0; reason < Refusal::Reason_ARRAYSIZE; ++reason) {
    if (refused_[reason] == 0) continue;
    Refusal* refusal = stats->add_refused_frames();
    refusal->set_reason(static_cast<Refusal::Reason>(reason));
    refusal->set_count(refused_[reason]);
  }
}

}  // namespace raft_cluster::internal
