// What Engine says of itself: its events, whom it refused, and its account.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "raft/cluster/engine/engine.h"

namespace raft_cluster::internal {
namespace {

// Of the recorder's, in an account that is asked for often.
constexpr size_t kLastEvents = 20;

struct Reason {
  Refusal::Reason reason = Refusal::MALFORMED;
  const char* detail = "";
};

Reason ReasonOf(TurnedAway why) {
  switch (why) {
    case TurnedAway::kHandshake:
      return {Refusal::HANDSHAKE, ""};
    case TurnedAway::kKeysOfOne:
      return {Refusal::HANDSHAKE, "only one of the two has keys"};
    case TurnedAway::kNoCertificate:
      return {Refusal::HANDSHAKE, "it shows no certificate"};
    case TurnedAway::kOldProtocol:
      return {Refusal::HANDSHAKE, "it does not speak TLS 1.3"};
    case TurnedAway::kUnknownKey:
      return {Refusal::UNKNOWN_KEY, ""};
    case TurnedAway::kExpired:
      return {Refusal::BAD_CERTIFICATE, "it has expired"};
    case TurnedAway::kNotYetValid:
      return {Refusal::BAD_CERTIFICATE, "it is not valid yet"};
    case TurnedAway::kUntrusted:
      return {Refusal::BAD_CERTIFICATE,
              "no CA that this server believes has signed it"};
    case TurnedAway::kOtherName:
      return {Refusal::BAD_CERTIFICATE, "it is somebody else's"};
    case TurnedAway::kMalformed:
      return {Refusal::MALFORMED, ""};
    case TurnedAway::kTooLarge:
      return {Refusal::TOO_LARGE, ""};
  }
  return {};
}

// Whom a frame says it is from and for, where that helps to find the mistake.
std::string Claim(const Header& header, Pid self) {
  std::string claim =
      absl::StrCat("it says that it is server ", header.from,
                   header.from == self ? ", as this one is" : "");
  if (header.to != self) {
    absl::StrAppend(&claim, ", and speaks to server ", header.to);
  }
  return claim;
}

bool Balances(const Ledger& ledger) {
  return ledger.accepted() == ledger.taken() + ledger.voided() +
                                  ledger.abandoned() + ledger.in_flight() &&
         ledger.offered() ==
             ledger.accepted() + ledger.skipped() + ledger.refused();
}

}  // namespace

absl::Status Engine::StatusOf(State state) {
  switch (state) {
    case State::kOpen:
      break;
    case State::kClosed:
      return absl::FailedPreconditionError("the outbox is closed");
    case State::kIdle:
      return absl::FailedPreconditionError(
          "the inbox is closed: no envelope came for Options::idle_timeout");
    case State::kLeft:
      return absl::FailedPreconditionError("the server is closed");
    case State::kSuperseded:
      return absl::FailedPreconditionError(
          "superseded: a newer life of this pid speaks to the peers; this one "
          "has to be started again");
  }
  return absl::OkStatus();
}

void Engine::OnEvent(Event event) {
  ++changes_;
  recorder_.Record(event, now_);
  // With the number of envelopes that came before it, by which a handler gets
  // both in their order.
  events_.Push(std::move(event), inbox_.pushed());
}

void Engine::Report(Link& link) {
  if (link.has_states()) RecordStates(link);
  if (!link.has_events()) return;
  for (Event& event : link.TakeEvents()) OnEvent(std::move(event));
}

void Engine::RecordStates(Link& link) {
  for (RecordedState& state : link.TakeStates()) {
    recorder_.Record(std::move(state), now_);
  }
}

void Engine::OnTurnedAway(TurnedAway why, Pid peer, const std::string& address,
                          Micros now) {
  now_ = now;
  const auto [reason, detail] = ReasonOf(why);
  // Where a key proves whose call it was, or it was ours, it is said of that
  // peer: people look there.
  Peer* const found = peers_.Find(peer);
  if (found == nullptr) return Refuse(reason, address, detail);
  found->link->CountRefusal(reason, address, detail);
  Report(*found->link);
}

void Engine::Refuse(Refusal::Reason reason, const std::string& address,
                    const std::string& detail) {
  ++refused_[reason];
  Event event;
  event.set_kind(Event::FRAME_REFUSED);
  event.set_count(1);
  event.set_refusal(reason);
  event.set_address(address);
  event.set_detail(detail);
  OnEvent(std::move(event));
}

void Engine::RefuseStranger(Refusal::Reason reason, const Header& header,
                            const Origin& origin) {
  Refuse(reason, origin.address, Claim(header, options_.link.self));
  // A server that was superseded says nothing more to anybody.
  if (outbox_state_ == State::kSuperseded) return;
  strangers_.Refused(reason, header, origin, now_);
}

absl::Status Engine::Abandon() {
  std::vector<std::string> left;
  bool only_gone = true;
  for (const uint32_t slot : peers_.slots()) {
    Link& link = TouchAt(slot);
    if (link.unsettled() > 0) {
      left.push_back(absl::StrCat("server ", link.pid(), ": ", link.unsettled(),
                                  " envelopes"));
      // What is left for the dead is nobody's fault. What is left for the
      // living means that the timeout was too short, which is another error.
      only_gone = only_gone && link.gone();
    }
    link.Abandon();
  }
  if (left.empty()) return absl::OkStatus();
  const std::string whose = absl::StrJoin(left, ", ");
  if (only_gone) {
    return absl::UnavailableError(absl::StrCat(
        "closed; abandoned for peers that are not there: ", whose));
  }
  return absl::DeadlineExceededError(
      absl::StrCat("closed before all was taken; abandoned for ", whose));
}

std::string Engine::MissingPeers() const {
  std::vector<Pid> missing;
  for (const uint32_t slot : peers_.slots()) {
    const Peer& peer = peers_.at(slot);
    if (!peer.link->live()) missing.push_back(peer.spec.pid);
  }
  return absl::StrJoin(missing, ", ");
}

void Engine::FillContext(Micros now, Stats* stats) const {
  stats->set_unix_us(recorder_.WallTime(now));
  stats->set_closed(outbox_state_ >= State::kLeft);
  stats->set_failure_timeout_us(
      static_cast<uint64_t>(options_.link.failure_timeout));
  stats->set_link_budget_bytes(options_.link.link_budget_bytes);
  stats->set_inbox_budget_bytes(options_.link.inbox_budget_bytes);
  stats->set_total_budget_bytes(options_.total_budget_bytes);
  stats->set_total_bytes(total_.held());
  recorder_.FillLast(kLastEvents, stats);
}

Stats Engine::GetStats(Micros now) const {
  Stats stats;
  FillContext(now, &stats);
  stats.set_balanced(true);
  stats.set_pid(options_.link.self);
  stats.set_url(options_.url);
  stats.set_bound_address(options_.bound_address);
  *stats.mutable_incarnation() = own_.life().ToProto();
  for (const uint32_t slot : peers_.slots()) {
    PeerStats* of_peer = stats.add_peers();
    peers_.at(slot).link->FillStats(now, of_peer);
    stats.set_received(stats.received() + of_peer->received());
    stats.set_sent(stats.sent() + of_peer->ledger().accepted());
    stats.set_balanced(stats.balanced() && Balances(of_peer->ledger()));
  }
  // So that the totals of what happened never fall.
  stats.set_former_received(former_.received());
  stats.set_former_sent(former_.accepted());
  stats.set_received(stats.received() + stats.former_received());
  stats.set_sent(stats.sent() + stats.former_sent());
  for (int reason = 0; reason < Refusal::Reason_ARRAYSIZE; ++reason) {
    if (refused_[reason] == 0) continue;
    Refusal* refusal = stats.add_refused_frames();
    refusal->set_reason(static_cast<Refusal::Reason>(reason));
    refusal->set_count(refused_[reason]);
  }
  stats.set_events_missed(events_.missed());
  return stats;
}

}  // namespace raft_cluster::internal
