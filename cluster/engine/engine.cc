#include "raft/cluster/engine/engine.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raft_cluster::internal {
namespace {

absl::Status Superseded() {
  return absl::FailedPreconditionError(
      "superseded: a newer life of this pid speaks to the peers; this one has "
      "to be started again");
}

Refusal::Reason ReasonOf(TurnedAway why) {
  switch (why) {
    case TurnedAway::kHandshake:
      return Refusal::HANDSHAKE;
    case TurnedAway::kUnknownKey:
      return Refusal::UNKNOWN_KEY;
    case TurnedAway::kMalformed:
      return Refusal::MALFORMED;
    case TurnedAway::kTooLarge:
      return Refusal::TOO_LARGE;
  }
  return Refusal::MALFORMED;
}

absl::Status Full(absl::string_view whose) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the queue to ", whose,
                   " is full (Options::link_budget_bytes); send again later, "
                   "or wait with Send()"));
}

}  // namespace

Engine::Engine(const EngineOptions& options, Micros now)
    : options_(options),
      me_(options.life),
      random_(options.seed),
      inbox_(options.link.self),
      started_(now),
      last_run_(now) {
  for (const EngineOptions::Peer& peer : options.peers) {
    LinkOptions link = options.link;
    link.peer = peer.pid;
    link.peer_url = peer.url;
    index_[peer.pid] = peers_.size();
    LinkSink* const sink = this;
    peers_.emplace_back().link = std::make_unique<Link>(link, me_, sink, now);
  }
  if (options.in_the_clear) {
    Event event;
    event.set_kind(Event::IN_THE_CLEAR);
    event.set_address(options.url);
    event.set_detail(absl::StrCat(
        "traffic to and from ", options.url,
        " is neither encrypted nor authenticated: whoever reaches it can read "
        "along and speak as any server; give the servers keys"));
    OnEvent(std::move(event));
  }
}

// ---- The outbox -------------------------------------------------------------

absl::Status Engine::CheckSize(const Outgoing& envelope,
                               const Link& link) const {
  if (envelope.msg.size() <= link.MaxEnvelope()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("msg of ", envelope.msg.size(), " bytes: ",
                   envelope.msg.size() > options_.link.max_envelope_bytes
                       ? "this server"
                       : absl::StrCat("server ", link.pid()),
                   " allows at most ", link.MaxEnvelope(),
                   " (Options::max_envelope_bytes)"));
}

absl::StatusOr<Acceptance> Engine::Offer(Pid to, const Outgoing& envelope,
                                         Micros now) {
  if (!outbox_status_.ok()) return outbox_status_;
  if (to == kBroadcast) return OfferToAll(envelope, now);
  const auto found = index_.find(to);
  if (found == index_.end()) {
    if (to == options_.link.self) {
      return absl::InvalidArgumentError(
          absl::StrCat("server ", to, " sends to itself"));
    }
    return absl::NotFoundError(
        absl::StrCat("no server ", to, " in the configuration"));
  }
  Link& link = Touch(found->second);
  if (absl::Status status = CheckSize(envelope, link); !status.ok()) {
    return status;
  }
  if (!link.HasRoom(envelope.cost())) {
    link.NoteFull(now);
    return Full(absl::StrCat("server ", to));
  }
  link.Accept(envelope, now);
  return Acceptance{1, 0};
}

absl::StatusOr<Acceptance> Engine::OfferToAll(const Outgoing& envelope,
                                              Micros now) {
  std::vector<Pid> full;
  for (const Peer& peer : peers_) {
    Link& link = *peer.link;
    if (absl::Status status = CheckSize(envelope, link); !status.ok()) {
      return status;
    }
    if (link.live() && !link.HasRoom(envelope.cost())) {
      link.NoteFull(now);
      full.push_back(link.pid());
    }
  }
  if (!full.empty()) {
    return Full(absl::StrCat(full.size() == 1 ? "server " : "servers ",
                             absl::StrJoin(full, ", ")));
  }
  Acceptance receipt;
  for (size_t i = 0; i < peers_.size(); ++i) {
    Link& link = Touch(i);
    if (link.HasRoom(envelope.cost())) {
      link.Accept(envelope, now);
      ++receipt.accepted;
    } else {
      link.CountSkipped(envelope);
      ++receipt.skipped;
    }
  }
  return receipt;
}

int Engine::Join(Pid to, const Outgoing& envelope) {
  if (!outbox_status_.ok()) return 0;
  const auto can_join = [&](const Peer& peer) {
    return peer.link->CanJoin(envelope);
  };
  if (to == kBroadcast) {
    if (!std::all_of(peers_.begin(), peers_.end(), can_join)) return 0;
    for (const Peer& peer : peers_) peer.link->Join(envelope);
    return static_cast<int>(peers_.size());
  }
  const size_t found = Find(to);
  if (found == peers_.size() || !can_join(peers_[found])) return 0;
  peers_[found].link->Join(envelope);
  return 1;
}

size_t Engine::Find(Pid pid) {
  if (found_ < peers_.size() && peers_[found_].link->pid() == pid) {
    return found_;
  }
  const auto found = index_.find(pid);
  if (found == index_.end()) return peers_.size();
  return found_ = found->second;
}

void Engine::CountRefused(Pid to) {
  for (const Peer& peer : peers_) {
    if (to == kBroadcast || peer.link->pid() == to) peer.link->CountRefused();
  }
}

void Engine::CloseOutbox() {
  if (outbox_status_.ok()) {
    outbox_status_ = absl::FailedPreconditionError("the outbox is closed");
  }
}

// ---- The inbox --------------------------------------------------------------

bool Engine::Take(Delivery* received, Micros now) {
  const auto take = [received](Delivery&& taken) {
    *received = std::move(taken);
  };
  bool sooner;
  return TakeUpTo(1, now, take, &sooner) == 1;
}

size_t Engine::TakeUpTo(size_t limit, Micros now,
                        absl::FunctionRef<void(Delivery&& received)> take,
                        bool* sooner) {
  *sooner = false;
  if (inbox_over_) return 0;
  inbox_over_ = inbox_.empty() && !inbox_status_.ok();
  size_t count = 0;
  while (count < limit && !inbox_.empty()) {
    size_t link;
    Taken taken;
    inbox_.Pop(limit - count, take, &link, &taken);
    if (peers_[link].link->Take(taken, now)) {
      Touch(link);
      *sooner = true;
    }
    count += taken.envelopes;
  }
  return count;
}

void Engine::OnRun(Pid peer, const Life& life, ItemRun run) {
  ++runs_;
  inbox_.Push(index_[peer], peer, life.random, std::move(run));
}

// ---- Frames -----------------------------------------------------------------

void Engine::Refuse(Refusal::Reason reason, const std::string& address) {
  ++refused_[reason];
  Event event;
  event.set_kind(Event::FRAME_REFUSED);
  event.set_count(1);
  event.set_refusal(reason);
  event.set_address(address);
  OnEvent(std::move(event));
}

void Engine::OnFrame(const Origin& origin, ParseResult result,
                     const ParsedFrame& frame, Micros now) {
  const Header& header = frame.header;
  const auto refuse = [&](Refusal::Reason reason) {
    Refuse(reason, origin.address);
  };
  if (result == ParseResult::kChecksum) return refuse(Refusal::CHECKSUM);
  if (result == ParseResult::kMalformed) return refuse(Refusal::MALFORMED);
  if (header.cluster != options_.link.cluster) {
    return refuse(Refusal::OTHER_CLUSTER);
  }
  const auto found = index_.find(header.from);
  if (found == index_.end()) return refuse(Refusal::UNKNOWN_PID);
  if (header.to != options_.link.self) return refuse(Refusal::MISROUTED);
  Link& link = Touch(found->second);
  if (origin.proven != header.from &&
      (origin.proven != 0 || options_.proven_peers)) {
    return link.CountRefusal(Refusal::WRONG_KEY, origin.address);
  }
  const uint64_t held = link.held_bytes();
  const uint64_t runs = runs_;
  if (link.OnFrame(frame, origin, now)) OnNewerSelf(header.dst, now);
  if (link.held_bytes() < held || leaving_) ++changes_;
  if (runs_ != runs) last_run_ = now;
}

void Engine::OnTurnedAway(TurnedAway why, Pid peer,
                          const std::string& address) {
  const Refusal::Reason reason = ReasonOf(why);
  const auto found = index_.find(peer);
  if (found == index_.end()) return Refuse(reason, address);
  peers_[found->second].link->CountRefusal(reason, address);
}

void Engine::OnTrouble(Pid peer, const std::string& why) {
  const auto found = index_.find(peer);
  if (found != index_.end()) peers_[found->second].link->OnTrouble(why);
}

void Engine::OnReset(Pid peer, bool up, Micros now) {
  const auto found = index_.find(peer);
  if (found != index_.end()) Touch(found->second).OnReset(up, now);
}

// A frame names a life of our pid that is newer than this one. If by our own
// clock that life has yet to start, and nobody ever held a session with us, our
// clock is behind: be born again above that life. Else it has taken our place.
// (To be born again above a life that started after us would be to fight with
// our successor: a process that was paused before it met anyone would. One
// whose clock is behind as well cannot tell, so it gives in when it has met
// more newer lives than there are peers to remember former ones.)
void Engine::OnNewerSelf(const Life& newer, Micros now) {
  const bool past =
      std::any_of(peers_.begin(), peers_.end(),
                  [](const Peer& peer) { return peer.link->held_session(); });
  const uint64_t clock =
      options_.life.start_us + static_cast<uint64_t>(now - started_);
  if (!past && newer.start_us > clock && rebirths_ < peers_.size()) {
    ++rebirths_;
    me_ = Life{newer.start_us + 1, Random()};
    for (size_t i = 0; i < peers_.size(); ++i) Touch(i).Rebirth(me_, now);
    return;
  }
  for (size_t i = 0; i < peers_.size(); ++i) Touch(i).Fence();
  outbox_status_ = inbox_status_ = Superseded();
  Event event;
  event.set_kind(Event::SUPERSEDED);
  *event.mutable_old_incarnation() = me_.ToProto();
  *event.mutable_incarnation() = newer.ToProto();
  OnEvent(std::move(event));
}

Micros Engine::DueAt(const Peer& peer) {
  if (peer.blocked) return kNever;
  if (peer.due == kUnknown) peer.due = peer.link->FrameDeadline();
  assert(peer.due == peer.link->FrameDeadline());
  return peer.due;
}

bool Engine::IsDue(const Peer& peer, Micros now, bool sleeping) {
  if (peer.blocked) return false;
  return now >= DueAt(peer) || (sleeping && peer.link->owes_news());
}

bool Engine::NextFrame(Micros now, bool sleeping, Due* due) {
  for (size_t i = 0; i < peers_.size(); ++i) {
    if (++turn_ >= peers_.size()) turn_ = 0;
    if (!IsDue(peers_[turn_], now, sleeping)) continue;
    if (Touch(turn_).NextFrame(now, sleeping, &due->out)) {
      due->link = turn_;
      due->peer = peers_[turn_].link->pid();
      return true;
    }
  }
  return false;
}

bool Engine::HasDueFrame(Micros now, bool sleeping) const {
  return std::any_of(peers_.begin(), peers_.end(), [&](const Peer& peer) {
    return IsDue(peer, now, sleeping);
  });
}

// ---- Time and the end -------------------------------------------------------

void Engine::Tick(Micros now, std::vector<Pid>* reconnect) {
  for (Peer& peer : peers_) {
    if (peer.link->Tick(now)) reconnect->push_back(peer.link->pid());
    // Who leaves has nothing more to say to one who is silent.
    if (leaving_) peer.due = kUnknown;
  }
  if (inbox_status_.ok() && options_.idle_timeout != kNever &&
      now - last_run_ >= options_.idle_timeout) {
    inbox_status_ = absl::FailedPreconditionError(
        "the inbox is closed: no envelope came for Options::idle_timeout");
    ++changes_;
  }
}

Micros Engine::Deadline() const {
  Micros deadline = kNever;
  for (const Peer& peer : peers_) {
    deadline = std::min({deadline, DueAt(peer), peer.link->TickDeadline()});
  }
  if (inbox_status_.ok() && options_.idle_timeout != kNever) {
    deadline = std::min(deadline, last_run_ + options_.idle_timeout);
  }
  return deadline;
}

void Engine::HeldUp(Micros duration, Micros now) {
  for (const Peer& peer : peers_) peer.link->HeldUp(duration, now);
}

void Engine::Leave() {
  leaving_ = true;
  const absl::Status closed =
      absl::FailedPreconditionError("the server is closed");
  if (outbox_status_.code() != absl::StatusCode::kFailedPrecondition ||
      outbox_status_.message() != Superseded().message()) {
    outbox_status_ = inbox_status_ = closed;
  }
  inbox_.Clear();
  for (size_t i = 0; i < peers_.size(); ++i) Touch(i).Leave();
}

bool Engine::Left() const {
  return std::all_of(peers_.begin(), peers_.end(),
                     [](const Peer& peer) { return peer.link->Left(); });
}

absl::Status Engine::Abandon() {
  std::vector<std::string> left;
  for (size_t i = 0; i < peers_.size(); ++i) {
    Link& link = Touch(i);
    if (link.live() && link.unsettled() > 0) {
      left.push_back(absl::StrCat("server ", link.pid(), ": ", link.unsettled(),
                                  " envelopes"));
    }
    link.Abandon();
  }
  if (left.empty()) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("closed before all was taken; abandoned for ",
                   absl::StrJoin(left, ", ")));
}

uint64_t Engine::Random() {  // SplitMix64, by Steele, Lea and Flood.
  uint64_t z = (random_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace raft_cluster::internal
