// What Link makes of time and of its end, and what it says of itself.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "raft/cluster/link/link.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kLeastRoomOfLive = uint64_t{1} << 20;

}  // namespace

// ---- Time -------------------------------------------------------------------

bool Link::Tick(Micros now) {
  SeeIfSilent(now);
  if (may_send_items()) {
    session_.sending.Tick(now, handshake_.heartbeat());
    ReportState();
    NoteState(now);
  }
  if (!session_.liveness.GivesUp(DeafSince(), handshake_.heartbeat(), now)) {
    return false;
  }
  // The new connection is given as long to prove itself as the old one.
  handshake_.ForgetStranger();
  account_.Report(account_.Make(Event::PEER_RECONNECTED));
  return true;
}

Micros Link::TickDeadline() const {
  if (phase_ == Phase::kFenced) return kNever;
  Micros deadline =
      session_.liveness.GivesUpAt(DeafSince(), handshake_.heartbeat());
  if (may_send_items() || waits_to_leave()) {
    deadline = std::min(deadline,
                        session_.liveness.SilentAt(options_.failure_timeout));
  }
  if (may_send_items()) {
    deadline =
        std::min(deadline, session_.sending.SlowAt(handshake_.heartbeat()));
  }
  return deadline;
}

void Link::SeeIfSilent(Micros now) {
  if (!may_send_items() && !waits_to_leave()) return;
  session_.liveness.Tick(now, options_.failure_timeout);
}

// Since when we have not been heard by a peer that should. Of an absent one
// nothing is expected; of one that speaks, an answer is.
Micros Link::DeafSince() const {
  if (may_send_items()) return session_.liveness.unechoed_since();
  return phase_ == Phase::kNone ? handshake_.stranger_since() : kNever;
}

void Link::HeldUp(Micros duration, Micros now) {
  session_.liveness.HeldUp(duration, now);
  handshake_.HeldUp(duration, now);
}

// ---- The end ----------------------------------------------------------------

void Link::Leave(Micros now) {
  leaving_ = true;
  if (session()) ask_now_ = true;
  // While we did not leave, nobody asked that of a peer without a session: it
  // may have been silent for long, and is not waited for then.
  SeeIfSilent(now);
}

bool Link::gone() const {
  return phase_ == Phase::kClosed || phase_ == Phase::kFenced ||
         session_.liveness.silent() || handshake_.refused();
}

bool Link::Left() const {
  if (gone()) return true;
  if (!queue_.empty()) return false;
  // To whom we owe nothing, and who does not know us, there is nothing to say.
  return phase_ != Phase::kOpen ||
         (session_.leave_stamp != 0 &&
          session_.liveness.echoed() >= session_.leave_stamp);
}

void Link::Abandon() {
  delays_.Forget();
  account_.Abandoned(queue_.SettleAll().envelopes);
  session_.sending.Forget();
}

void Link::Fence() {
  Abandon();
  phase_ = Phase::kFenced;
}

// ---- What is known ----------------------------------------------------------

uint64_t Link::Discard(Micros now) {
  const SendQueue::Count count = queue_.RemoveUncut();
  session_.sending.OnRemoved();
  Void(count, "discarded by the application");
  ReportState();
  NoteState(now);
  return count.envelopes;
}

PeerStats::State Link::state() const {
  if (phase_ == Phase::kClosed || phase_ == Phase::kFenced ||
      handshake_.refused()) {
    return PeerStats::DOWN;
  }
  if (phase_ != Phase::kOpen) return PeerStats::CONNECTING;
  if (session_.liveness.silent()) return PeerStats::SILENT;
  return session_.sending.slow() ? PeerStats::SLOW : PeerStats::UP;
}

void Link::ReportState() {
  const PeerStats::State now = state();
  if (now == reported_) return;
  reported_ = now;
  Event event;
  if (now == PeerStats::UP) {
    event = account_.Make(Event::PEER_UP);
  } else if (now == PeerStats::SLOW) {
    event = account_.Make(Event::PEER_SLOW);
  } else if (now == PeerStats::SILENT) {
    event = account_.Make(Event::PEER_SILENT);
  } else if (handshake_.refused()) {
    event = account_.Make(Event::PEER_DOWN);
    event.set_detail(handshake_.refused_why());
  } else {
    return;  // PEER_RESTARTED, PEER_LEFT and SUPERSEDED say it.
  }
  account_.Report(std::move(event));
}

// For the stats and the flight recorder: how exact it is depends on how often
// somebody looks, and nothing is decided by it.
void Link::NoteState(Micros now) {
  if (noted_ == state()) return;
  noted_ = state();
  noted_since_ = now;
  account_.StateChanged(noted_, Reason());
}

std::string Link::Reason() const {
  switch (state()) {
    case PeerStats::DOWN:
      if (phase_ == Phase::kClosed) return "left";
      if (phase_ == Phase::kFenced) return "this server is superseded";
      return handshake_.refused_why();
    case PeerStats::CONNECTING:
      // The nearest cause first: that there is no connection, then what the
      // other end says, and last what can only be guessed.
      if (!trouble_.empty()) return trouble_;
      if (!handshake_.note().empty()) return handshake_.note();
      if (handshake_.stranger_since() != kNever) {
        return absl::StrCat("it calls this server, but does not answer at ",
                            options_.peer_url);
      }
      if (path_.connections_made() == 0) return "not connected yet";
      return absl::StrCat("connected to ", options_.peer_url,
                          ", where no server ", options_.peer, " answers yet");
    case PeerStats::SILENT: {
      const std::string& why = trouble_.empty() ? handshake_.note() : trouble_;
      return absl::StrCat(
          "not heard for ",
          absl::FormatDuration(absl::Microseconds(options_.failure_timeout)),
          why.empty() ? "" : ": ", why);
    }
    case PeerStats::SLOW:
      return "its application does not take what it is sent";
    default:
      return "";
  }
}

void Link::OnReset(bool up, Micros now) {
  path_.OnReset(up);
  if (!up) return;
  trouble_.clear();
  handshake_.HelloAgain(now);
  // Only an echo over the new connection proves what the old one lost. Without
  // `ask` it would come with the next heartbeat.
  if (may_send_items()) ask_now_ = true;
}

void Link::OnTrouble(const std::string& why) {
  trouble_ = why;
  Unreachable(why);
}

void Link::Unreachable(const std::string& why) {
  Event event = account_.Make(Event::PEER_UNREACHABLE);
  event.set_address(options_.peer_url);
  event.set_detail(why);
  account_.Report(std::move(event));
}

void Link::FillStats(Micros now, PeerStats* stats) const {
  account_.Fill(stats);
  stats->set_pid(options_.peer);
  stats->set_url(options_.peer_url);
  stats->set_state(state());
  stats->set_reason(Reason());
  if (session()) stats->set_version(CommonVersion(handshake_.peer_hello()));
  stats->mutable_ledger()->set_in_flight(queue_.unsettled());
  stats->set_queued_bytes(queue_.held_cost());
  if (!queue_.empty()) {
    stats->set_oldest_untaken_us(
        static_cast<uint64_t>(now - queue_.oldest_time()));
  }
  stats->set_inbox_bytes(window_.inbox_cost());
  stats->set_round_trip_us(static_cast<uint64_t>(path_.round_trip()));
  const uint64_t made = path_.connections_made();
  stats->set_reconnects(made > 0 ? made - 1 : 0);
  delays_.delays().Fill(stats->mutable_delay());
  // If nobody has looked since it changed, it is not known since when.
  if (noted_ == state()) {
    stats->set_state_us(static_cast<uint64_t>(now - noted_since_));
  }
  if (session()) {
    const Micros unheard = now - session_.liveness.last_heard();
    stats->set_heard_us(static_cast<uint64_t>(std::max<Micros>(unheard, 0)));
  }
}

// ---- Who is refused, by either end -----------------------------------------

void Link::OnNote(const wire::Hello& hello) {
  // A peer that is heard is well, whatever a note says.
  if (live() || !handshake_.TakeNote(hello)) return;
  Unreachable(handshake_.note());
}

void Link::RefuseAloud(Refusal::Reason reason, Handshake::Verdict verdict,
                       const Header& header, const Origin& origin, Micros now) {
  account_.FrameRefused(reason, origin.address,
                        handshake_.Explain(verdict, header, now));
  handshake_.SendNote(reason, origin, now);
}

// ---- Room ------------------------------------------------------------------

bool Link::EndsWait() {
  const bool eased = pace_.Eases(queue_.held_cost());
  // Who is held is told once, and not of each envelope that is taken.
  if (!eased && (!refused_ || (pace_.holds() && live()))) return false;
  refused_ = false;
  return true;
}

// However much the absent have, one that is there goes on.
bool Link::HasRoomInAll(uint64_t cost) const {
  return options_.total == nullptr || options_.total->HasRoom(cost, live()) ||
         (live() && queue_.held_cost() + cost <= kLeastRoomOfLive);
}

void Link::CountInbox() {
  if (options_.total == nullptr) return;
  options_.total->Hold(window_.held_cost());
  options_.total->Release(counted_inbox_);
  counted_inbox_ = window_.held_cost();
}

}  // namespace raft_cluster::internal
