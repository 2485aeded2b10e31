#include "raft/cluster/engine/engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raft_cluster::internal {
namespace {

Recording Whose(const EngineOptions& options) {
  Recording recording;
  recording.set_pid(options.link.self);
  recording.set_url(options.url);
  *recording.mutable_incarnation() = options.life.ToProto();
  return recording;
}

}  // namespace

uint64_t Engine::ShareOf(const EngineOptions& options, size_t peers) {
  const uint64_t least = options.link.max_envelope_bytes + kBudgetAboveEnvelope;
  const uint64_t share =
      options.total_budget_bytes / 2 / std::max<uint64_t>(peers, 1);
  return std::min(options.link.inbox_budget_bytes, std::max(share, least));
}

Engine::Engine(const EngineOptions& options, Micros now)
    : options_(options),
      total_(options.total_budget_bytes),
      random_(options.seed),
      own_(options.life, random_.Next(), now),
      strangers_(options_.link),
      inbox_(options.link.self),
      last_run_(now),
      now_(now),
      recorder_(Whose(options), options.wall_clock, now) {
  options_.link.inbox_budget_bytes = ShareOf(options, options.peers.size());
  // The life began by the wall clock at `now`: so a link knows that clock
  // without asking for it, in a simulator, too.
  options_.link.clock_ahead = static_cast<Micros>(options.life.start_us) - now;
  const Membership membership = {options.peers, options.keys, 0};
  for (const PeerSpec& peer : options.peers) {
    AddPeer(peer, IdentityOf(peer, membership), options.peers.size(), now);
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

// ---- The inbox --------------------------------------------------------------

bool Engine::Take(Delivery* received, Micros now) {
  const auto take = [received](Delivery&& taken) {
    *received = std::move(taken);
  };
  bool sooner;
  return TakeUpTo(1, Pins::kForEach, now, take, &sooner) == 1;
}

size_t Engine::TakeUpTo(size_t limit, Pins pins, Micros now,
                        absl::FunctionRef<void(Delivery&& received)> take,
                        bool* sooner) {
  *sooner = false;
  if (inbox_over_) return 0;
  // Who has once been told that nothing comes any more must not get something
  // later, though a frame may be on its way in.
  inbox_over_ = inbox_.empty() && !inbox_open();
  size_t count = 0;
  while (count < limit && !inbox_.empty()) {
    PeerRef ref;
    Taken taken;
    inbox_.Pop(limit - count, pins, take, &ref, &taken);
    Peer* const peer = peers_.Get(ref);
    if (peer != nullptr && peer->link->Take(taken, now)) {
      Touch(*peer);
      *sooner = true;
    }
    count += taken.envelopes;
  }
  if (count > 0 && total_was_full_) {
    total_was_full_ = false;
    ++changes_;
  }
  SeeIfRoom();
  return count;
}

void Engine::OnRun(const Peer& peer, ItemRun run) {
  ++runs_;
  inbox_.Push(peer.ref, peer.spec.pid, peer.link->peer_life().random,
              std::move(run));
}

// ---- Frames -----------------------------------------------------------------

void Engine::OnFrame(const Origin& origin, ParseResult result,
                     const ParsedFrame& frame, Micros now) {
  now_ = now;
  const Header& header = frame.header;
  if (result == ParseResult::kChecksum) {
    return Refuse(Refusal::CHECKSUM, origin.address, "");
  }
  if (result == ParseResult::kMalformed) {
    return Refuse(Refusal::MALFORMED, origin.address, "");
  }
  // What can be judged without a link comes first, so that no stranger costs
  // one anything. docs/protocol.md has the order.
  if (header.cluster != options_.link.cluster) {
    return RefuseStranger(Refusal::OTHER_CLUSTER, header, origin);
  }
  Peer* const peer = peers_.Find(header.from);
  if (peer == nullptr) {
    if (OnFrameOfLeaver(origin, frame, now)) return;
    return RefuseStranger(Refusal::UNKNOWN_PID, header, origin);
  }
  if (header.to != options_.link.self) {
    return RefuseStranger(Refusal::MISROUTED, header, origin);
  }
  Link& link = Touch(*peer);
  // With keys the connection says who speaks, and a pid in a frame is a claim.
  if (origin.proven != header.from &&
      (origin.proven != 0 || options_.proven_peers)) {
    link.CountRefusal(Refusal::WRONG_KEY, origin.address);
    return Report(link);
  }
  FrameEffects effects = link.OnFrame(frame, origin, now);
  for (Event& event : effects.events_before) OnEvent(std::move(event));
  for (ItemRun& run : effects.runs) OnRun(*peer, std::move(run));
  for (Event& event : effects.events_after) OnEvent(std::move(event));
  if (link.has_states()) RecordStates(link);
  if (effects.newer_self) OnNewerSelf(header.dst, now);
  if (effects.freed && (link.EndsWait() || total_was_full_)) {
    total_was_full_ = false;
    ++changes_;
  }
  if (leaving_) ++changes_;
  if (!effects.runs.empty()) last_run_ = now;
  SeeIfRoom();
}

void Engine::OnTrouble(Pid peer, const std::string& why, Micros now) {
  now_ = now;
  Peer* const found = peers_.Find(peer);
  if (found == nullptr) return;
  found->link->OnTrouble(why);
  Report(*found->link);
}

void Engine::OnReset(Pid peer, bool up, Micros now) {
  now_ = now;
  if (Link* const leaver = former_.Leaving(peer)) leaver->OnReset(up, now);
  Peer* const found = peers_.Find(peer);
  if (found != nullptr) Touch(*found).OnReset(up, now);
}

void Engine::OnNewerSelf(const Life& newer, Micros now) {
  // Who has held a session has promised something to somebody. Only one who has
  // not can be born again.
  const bool has_past =
      former_had_session_ ||
      std::any_of(peers_.slots().begin(), peers_.slots().end(),
                  [this](uint32_t slot) {
                    return peers_.at(slot).link->held_session();
                  });
  const Life former = own_.life();
  if (own_.RiseAbove(newer, has_past, peers_ever_, now)) {
    for (const uint32_t slot : peers_.slots()) {
      Link& link = TouchAt(slot);
      Life life = own_.life();
      life.epoch = link.me().epoch;
      link.Rebirth(life, now);
    }
    recorder_.SetLife(own_.life().ToProto());
    return;
  }
  for (const uint32_t slot : peers_.slots()) TouchAt(slot).Fence();
  former_.EndAll();
  ++changes_;  // Who waits for room is to be told.
  outbox_state_ = inbox_state_ = State::kSuperseded;
  Event event;
  event.set_kind(Event::SUPERSEDED);
  *event.mutable_old_incarnation() = former.ToProto();
  *event.mutable_incarnation() = newer.ToProto();
  OnEvent(std::move(event));
}

// ---- What is due ------------------------------------------------------------

void Engine::SetBlocked(PeerRef ref, bool blocked) {
  Peer* const peer = peers_.Get(ref);
  if (peer == nullptr) return;
  Touch(*peer);
  peer->blocked = blocked;
}

void Engine::KeepStuck(PeerRef ref, Frame frame) {
  Peer* const peer = peers_.Get(ref);
  if (peer == nullptr) return;
  SetBlocked(ref, true);
  peers_.KeepStuck(*peer, std::move(frame));
}

absl::optional<PeerSpec> Engine::Reconnect(Pid pid) {
  Peer* const peer = peers_.Find(pid);
  if (peer == nullptr) return absl::nullopt;
  // It was meant for the connection that is given up. The session knows it as
  // under way, and sends it again like all that got lost there.
  if (peers_.DropStuck(*peer)) SetBlocked(peer->ref, false);
  return peer->spec;
}

bool Engine::NextFrame(Micros now, bool sleeping, Due* due) {
  now_ = now;
  // Each at most once: a link may have less to say than it seemed.
  for (size_t i = 0; i < peers_.size(); ++i) {
    Peer* const peer = agenda_.NextDue(now, sleeping);
    if (peer == nullptr) break;
    const bool due_now = peer->link->NextFrame(now, sleeping, &due->out);
    Report(*peer->link);
    if (due_now) {
      due->ref = peer->ref;
      due->peer = peer->spec.pid;
      return true;
    }
  }
  if (former_.NextFrame(now, &due->peer, &due->out)) {
    due->ref = PeerRef();
    return true;
  }
  // After the peers, whom no stranger is to delay.
  if (!strangers_.owes_note()) return false;
  due->ref = PeerRef();
  due->peer = 0;
  strangers_.NextNote(own_.life(), &due->out);
  return true;
}

// ---- Time and the end -------------------------------------------------------

void Engine::Tick(Micros now, std::vector<Pid>* reconnect) {
  now_ = now;
  for (const uint32_t slot : agenda_.TakeTicks(now)) {
    Peer& peer = peers_.at(slot);
    if (peer.link->Tick(now)) reconnect->push_back(peer.spec.pid);
    Report(*peer.link);
    if (leaving_) ++changes_;  // It may be gone.
  }
  former_.Tick(now);
  SeeIfRoom();
  if (inbox_open() && options_.idle_timeout != kNever &&
      now - last_run_ >= options_.idle_timeout) {
    inbox_state_ = State::kIdle;
    ++changes_;
  }
}

Micros Engine::Deadline() {
  Micros deadline = std::min(agenda_.Deadline(), former_.Deadline());
  if (strangers_.owes_note()) deadline = std::min(deadline, now_);
  if (inbox_open() && options_.idle_timeout != kNever) {
    deadline = std::min(deadline, last_run_ + options_.idle_timeout);
  }
  return deadline;
}

void Engine::HeldUp(Micros duration, Micros now) {
  for (const uint32_t slot : peers_.slots()) {
    TouchAt(slot).HeldUp(duration, now);
  }
}

void Engine::Leave(Micros now) {
  leaving_ = true;
  // The graver reason stays.
  if (outbox_state_ != State::kSuperseded) {
    outbox_state_ = inbox_state_ = State::kLeft;
  }
  // Nothing of it will be taken any more, and nothing of it was said to have
  // been: its senders know.
  inbox_.Clear();
  for (const uint32_t slot : peers_.slots()) TouchAt(slot).Leave(now);
}

bool Engine::Left() const {
  // For those who cannot be reached it is not waited: nothing is owed to them.
  return !former_.MayBeHeard() &&
         std::all_of(
             peers_.slots().begin(), peers_.slots().end(),
             [this](uint32_t slot) { return peers_.at(slot).link->Left(); });
}

}  // namespace raft_cluster::internal
