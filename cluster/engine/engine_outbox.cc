// What Engine makes of envelopes that are to be sent.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "raft/cluster/engine/engine.h"

namespace raft_cluster::internal {
namespace {

absl::Status Full(absl::string_view whose, uint64_t budget) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the queue to ", whose, " is full (Options::link_budget_bytes is ",
      budget, " for each peer); send again later, or wait with Send()"));
}

absl::Status IsAhead(Pid pid, uint64_t held) {
  return absl::ResourceExhaustedError(
      absl::StrCat("server ", pid, " has not taken ", held,
                   " bytes of what was sent to it; ",
                   "Send() waits until it has, and TrySend() does not"));
}

}  // namespace

absl::Status Engine::CheckSize(size_t msg_bytes, const Link& link) const {
  if (msg_bytes <= link.MaxEnvelope()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("msg of ", msg_bytes, " bytes: ",
                   msg_bytes > options_.link.max_envelope_bytes
                       ? "this server"
                       : absl::StrCat("server ", link.pid()),
                   " allows at most ", link.MaxEnvelope(),
                   " (Options::max_envelope_bytes)"));
}

absl::Status Engine::TotalIsFull(const Link& link) {
  total_was_full_ = true;
  return absl::ResourceExhaustedError(absl::StrCat(
      "no room to send to server ", link.pid(), ": this server holds ",
      total_.held(), " bytes for all its peers, of ",
      total_.LimitFor(link.live()), " that it may",
      link.live() ? "" : " for one that is not up",
      " (Options::total_budget_bytes); send again later, or wait with Send()"));
}

absl::Status Engine::CheckLive(Pid to) {
  if (to == kBroadcast) {
    if (agenda_.live() > 0) return absl::OkStatus();
    return absl::UnavailableError("no peer is up, and it was for those only");
  }
  Peer* const peer = peers_.Find(to);
  if (peer == nullptr || peer->link->live()) return absl::OkStatus();
  const std::string why = peer->link->Reason();
  return absl::UnavailableError(absl::StrCat(
      "server ", to, " is ", PeerStats::State_Name(peer->link->state()),
      why.empty() ? "" : ": ", why));
}

absl::Status Engine::Check(Pid to, size_t msg_bytes, Micros now,
                           Manner manner) {
  if (outbox_state_ != State::kOpen) return StatusOf(outbox_state_);
  if (manner == Manner::kLiveOnly) {
    if (absl::Status status = CheckLive(to); !status.ok()) return status;
  }
  if (to == kBroadcast) return CheckForAll(msg_bytes, now, manner);
  Peer* const peer = peers_.Find(to);
  if (peer == nullptr) {
    if (to == options_.link.self) {
      return absl::InvalidArgumentError(
          absl::StrCat("server ", to, " sends to itself"));
    }
    return absl::NotFoundError(
        absl::StrCat("no server ", to, " in the configuration"));
  }
  absl::Status status = CheckSize(msg_bytes, *peer->link);
  const uint64_t cost = msg_bytes + kEnvelopeOverhead;
  if (status.ok() && !peer->link->HasRoom(cost)) {
    Touch(*peer).NoteFull(now);
    if (peer->link->HasRoomHere(cost)) return TotalIsFull(*peer->link);
    return Full(absl::StrCat("server ", to), options_.link.link_budget_bytes);
  }
  if (status.ok() && manner == Manner::kPaced && peer->link->Holds(cost)) {
    Touch(*peer).NoteFull(now);
    return IsAhead(to, peer->link->held_bytes());
  }
  return status;
}

absl::Status Engine::CheckForAll(size_t msg_bytes, Micros now, Manner manner) {
  std::vector<Pid> full;
  const uint64_t cost = msg_bytes + kEnvelopeOverhead;
  for (const uint32_t slot : peers_.slots()) {
    Link& link = *peers_.at(slot).link;
    if (absl::Status status = CheckSize(msg_bytes, link); !status.ok()) {
      return status;
    }
    // One that is full and not live is skipped: a dead peer must not stop
    // everybody's broadcasts.
    if (link.live() && !link.HasRoom(cost)) {
      TouchAt(slot).NoteFull(now);
      if (link.HasRoomHere(cost)) return TotalIsFull(link);
      full.push_back(link.pid());
    }
  }
  if (full.empty() && manner == Manner::kPaced) {
    // At the pace of the slowest live one, which is the first that holds.
    for (const uint32_t slot : peers_.slots()) {
      Link& link = *peers_.at(slot).link;
      if (!link.Holds(cost)) continue;
      TouchAt(slot).NoteFull(now);
      return IsAhead(link.pid(), link.held_bytes());
    }
  }
  if (full.empty()) return absl::OkStatus();
  return Full(absl::StrCat(full.size() == 1 ? "server " : "servers ",
                           absl::StrJoin(full, ", ")),
              options_.link.link_budget_bytes);
}

absl::StatusOr<Acceptance> Engine::Offer(Pid to, const Outgoing& envelope,
                                         Micros now, Manner manner) {
  now_ = now;
  absl::Status status = Check(to, envelope.msg.size(), now, manner);
  if (!status.ok()) return status;
  Acceptance receipt;
  if (to != kBroadcast) {
    Touch(*peers_.Find(to)).Accept(envelope, now);
    receipt.accepted = 1;
    return receipt;
  }
  // All live ones have room by now, also where the first of them has used up
  // what the total had; of the others each takes it if it can.
  SharedItems* const shared = SharedByAll();
  for (const uint32_t slot : peers_.slots()) {
    Link& link = TouchAt(slot);
    if (link.live() ||
        (manner != Manner::kLiveOnly && link.HasRoom(envelope.cost()))) {
      link.Accept(envelope, now, shared);
      ++receipt.accepted;
    } else {
      link.CountSkipped(envelope);
      Report(link);
      ++receipt.skipped;
    }
  }
  shared_.Done();
  return receipt;
}

int Engine::Join(Pid to, const Outgoing& envelope, Manner manner) {
  if (outbox_state_ != State::kOpen) return 0;
  const bool paced = manner == Manner::kPaced;
  if (to != kBroadcast) {
    Peer* const peer = peers_.Find(to);
    if (peer == nullptr || !peer->link->CanJoin(envelope) ||
        (paced && peer->link->Holds(envelope.cost()))) {
      return 0;
    }
    peer->link->Join(envelope);
    return 1;
  }
  SharedItems* const shared = SharedByAll();
  // All are asked before any is given it: what one link cannot take, Offer()
  // gives to all of them.
  for (const uint32_t slot : peers_.slots()) {
    Link& link = *peers_.at(slot).link;
    if (!link.CanJoin(envelope, shared) ||
        (paced && link.Holds(envelope.cost()))) {
      return 0;
    }
  }
  for (const uint32_t slot : peers_.slots()) {
    peers_.at(slot).link->Join(envelope, shared);
  }
  shared_.Done();
  return static_cast<int>(peers_.size());
}

void Engine::CountRefused(Pid to) {
  if (to != kBroadcast) {
    Peer* const peer = peers_.Find(to);
    if (peer != nullptr) peer->link->CountRefused();
    return;
  }
  for (const uint32_t slot : peers_.slots()) {
    peers_.at(slot).link->CountRefused();
  }
}

void Engine::OweRoom(Pid to, size_t msg_bytes) {
  room_.Owe(to, msg_bytes + kEnvelopeOverhead);
}

// Half of it free, and not the first byte: who is told sends on, and would be
// refused again after one or two.
bool Engine::HasRoomAgain(Pid to, uint64_t cost) {
  const auto has_room = [this, cost](const Link& link) {
    return link.HasRoom(cost) &&
           link.held_bytes() <= options_.link.link_budget_bytes / 2;
  };
  if (to != kBroadcast) {
    const Peer* const peer = peers_.Find(to);
    return peer != nullptr && has_room(*peer->link);
  }
  return std::all_of(peers_.slots().begin(), peers_.slots().end(),
                     [&](uint32_t slot) {
                       const Link& link = *peers_.at(slot).link;
                       return !link.live() || has_room(link);
                     });
}

void Engine::SeeIfRoom() {
  if (room_.empty()) return;
  // Closed and superseded are told otherwise.
  if (outbox_state_ != State::kOpen) return room_.Clear();
  room_.Settle([this](Pid to, uint64_t cost) { return HasRoomAgain(to, cost); },
               [this](Pid to) {
                 Event event;
                 event.set_kind(Event::ROOM);
                 if (to != kBroadcast) event.set_peer(to);
                 OnEvent(std::move(event));
               });
}

uint64_t Engine::Discard(Pid to, Micros now) {
  now_ = now;
  uint64_t discarded = 0;
  for (const uint32_t slot : peers_.slots()) {
    if (to != kBroadcast && peers_.at(slot).spec.pid != to) continue;
    Link& link = TouchAt(slot);
    discarded += link.Discard(now);
    Report(link);
  }
  if (discarded > 0) ++changes_;
  SeeIfRoom();
  return discarded;
}

PeerStats::State Engine::StateOf(Pid pid) {
  Peer* const peer = peers_.Find(pid);
  return peer == nullptr ? PeerStats::STATE_UNSPECIFIED : peer->link->state();
}

void Engine::CloseOutbox() {
  if (outbox_state_ == State::kOpen) outbox_state_ = State::kClosed;
}

}  // namespace raft_cluster::internal
