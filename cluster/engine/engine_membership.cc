// What Engine makes of a change of its configuration.
#include <algorithm>
#include <utility>

#include "raft/cluster/engine/engine.h"

namespace raft_cluster::internal {

FormerPeers::Identity Engine::IdentityOf(const PeerSpec& peer,
                                         const Membership& membership) const {
  const auto keys = membership.keys.find(peer.pid);
  if (options_.proven_peers && keys != membership.keys.end()) {
    return keys->second;
  }
  return {peer.url.ToString()};
}

MembershipChange Engine::Reload(const Membership& wanted, Micros now) {
  now_ = now;
  MembershipChange change;
  change.number = ++options_.link.reload;
  options_.link.config_digest = wanted.config_digest;
  std::map<Pid, const PeerSpec*> specs;
  for (const PeerSpec& spec : wanted.peers) specs[spec.pid] = &spec;
  for (const Pid pid : Pids()) {
    if (specs.count(pid) > 0) continue;
    RemovePeer(RefOf(pid), now);
    change.removed.push_back(pid);
  }
  for (const auto& [pid, spec] : specs) {
    FormerPeers::Identity identity = IdentityOf(*spec, wanted);
    Peer* const peer = peers_.Find(pid);
    if (peer == nullptr) {
      AddPeer(*spec, std::move(identity), specs.size(), now);
      change.added.push_back(pid);
      Event event;
      event.set_kind(Event::PEER_ADDED);
      event.set_peer(pid);
      event.set_address(spec->url.ToString());
      OnEvent(std::move(event));
      continue;
    }
    const bool rekeyed = options_.proven_peers && peer->identity != identity;
    if (peer->spec.url.ToString() != spec->url.ToString()) {
      MovePeer(*peer, *spec, now);
      change.moved.push_back(pid);
    } else if (rekeyed) {
      change.rekeyed.push_back(pid);
    }
    peer->identity = std::move(identity);
  }
  for (const uint32_t slot : peers_.slots()) {
    TouchAt(slot).Reload(change.number, wanted.config_digest);
  }
  ++changes_;  // Who waits for room with one that is not there any more.
  SeeIfRoom();
  return change;
}

void Engine::AddPeer(const PeerSpec& spec, FormerPeers::Identity identity,
                     size_t peers, Micros now) {
  ++peers_ever_;
  LinkOptions link = options_.link;
  link.total = &total_;
  link.peer = spec.pid;
  link.peer_url = spec.url.ToString();
  link.proven_peers = options_.proven_peers;
  // Those that are there keep what they were granted.
  link.inbox_budget_bytes = ShareOf(options_, peers);
  // Of its own, or all links would call at the same moments.
  link.seed = random_.Next();
  Life me = own_.life();
  me.epoch = link.reload;
  const LinkMemory memory = former_.Take(spec.pid, identity);
  const PeerRef ref =
      peers_.Add(spec, std::make_unique<Link>(link, me, now, memory));
  peers_.Get(ref)->identity = std::move(identity);
  TouchAt(ref.slot);
}

void Engine::RemovePeer(PeerRef ref, Micros now) {
  Peer& peer = *peers_.Get(ref);
  const Pid pid = peer.spec.pid;
  Report(*peer.link);
  const uint64_t dropped = inbox_.Remove(ref);
  const SendQueue::Count voided = peer.link->Remove();
  PeerStats last;
  peer.link->FillStats(now, &last);
  Event event;
  event.set_kind(Event::PEER_REMOVED);
  event.set_peer(pid);
  *event.mutable_incarnation() = last.incarnation();
  event.set_count(voided.envelopes);
  event.set_bytes(voided.bytes);
  event.set_first_id(voided.first_id);
  event.set_dropped(dropped);
  *event.mutable_ledger() = last.ledger();
  OnEvent(std::move(event));
  room_.Forget(pid);
  former_had_session_ |= peer.link->held_session();
  std::unique_ptr<Link> link = std::move(peer.link);
  FormerPeers::Identity identity = std::move(peer.identity);
  agenda_.Forget(peer);
  peers_.Remove(ref);
  former_.Add(pid, std::move(identity), std::move(link),
              now + options_.link.failure_timeout);
}

void Engine::MovePeer(Peer& peer, const PeerSpec& spec, Micros now) {
  peer.spec.url = spec.url;
  Link& link = Touch(peer);
  const std::string url = spec.url.ToString();
  if (options_.proven_peers) {
    link.Move(url);
  } else {
    former_had_session_ |= link.held_session();
    Life me = own_.life();
    me.epoch = options_.link.reload;
    link.MoveToStranger(url, me, inbox_.Remove(peer.ref), now);
  }
  // What waits there was for the connection that is given up.
  if (peers_.DropStuck(peer) || peer.blocked) SetBlocked(peer.ref, false);
  Report(link);
}

bool Engine::OnFrameOfLeaver(const Origin& origin, const ParsedFrame& frame,
                             Micros now) {
  Link* const link = former_.Leaving(frame.header.from);
  if (link == nullptr || frame.header.to != options_.link.self) return false;
  if (origin.proven != frame.header.from &&
      (origin.proven != 0 || options_.proven_peers)) {
    return false;
  }
  FrameEffects effects = link->OnFrame(frame, origin, now);
  for (Event& event : effects.events_after) OnEvent(std::move(event));
  former_.Tick(now);
  return true;
}

absl::Status Engine::CheckOpen() const {
  return outbox_state_ >= State::kLeft ? StatusOf(outbox_state_)
                                       : absl::OkStatus();
}

std::vector<Pid> Engine::Pids() const {
  std::vector<Pid> pids;
  pids.reserve(peers_.size());
  for (const uint32_t slot : peers_.slots()) {
    pids.push_back(peers_.at(slot).spec.pid);
  }
  return pids;
}

PeerRef Engine::RefOf(Pid pid) {
  Peer* const peer = peers_.Find(pid);
  return peer == nullptr ? PeerRef() : peer->ref;
}

}  // namespace raft_cluster::internal
