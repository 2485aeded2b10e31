// Which connection serves which peer: see stream_transport.h.
#include <chrono>  // NOLINT(build/c++11)
#include <utility>

#include "raft/transport/stream/transport_impl.h"

namespace raft_cluster::internal::stream {
namespace {

// Whoever calls again and again does not make us call a peer as often.
constexpr std::chrono::seconds kDoubtPause{1};

}  // namespace

TransportImpl::Peer* TransportImpl::FindPeer(Pid pid) {
  const auto found = peers_.find(pid);
  return found == peers_.end() ? nullptr : &found->second;
}

bool TransportImpl::Claims(const Connection& caller, const Peer& peer) const {
  return !caller.is_dialled() && caller.is_up() &&
         caller.theirs().self == peer.pid &&
         caller.theirs().called == spec_.self;
}

void TransportImpl::SetDeadline(Peer& peer) {
  const Clock::time_point deadline = peer.dialler->deadline();
  if (deadline != peer.deadline) {
    deadlines_.erase({peer.deadline, peer.pid});
    peer.deadline = deadline;
    if (deadline != Clock::time_point::max()) {
      deadlines_.insert({deadline, peer.pid});
    }
  }
  if (peer.dialler->resolving()) {
    resolving_.insert(peer.pid);
  } else {
    resolving_.erase(peer.pid);
  }
}

void TransportImpl::Update(Peer& peer, Receiver& receiver) {
  const Clock::time_point now = Clock::now();
  if (peer.dialler->HasTimedOut(now)) {
    Erase(std::exchange(peer.own, 0));
    peer.dialler->OnFailed(
        absl::UnavailableError("it does not answer in the handshake"), now);
  }
  absl::optional<OwnedFd> fd = peer.dialler->Update(now);
  if (fd.has_value()) {
    peer.own = Add(wire_->Dial(*std::move(fd), peer.pid), peer.pid,
                   peer.url.ToString());
    if (peer.own == 0) {
      peer.dialler->OnFailed(
          absl::ResourceExhaustedError(
              "the system does not watch one more connection"),
          now);
    }
    events_->Stir();
  }
  SetDeadline(peer);
  TellTrouble(peer, receiver);
}

void TransportImpl::TellTrouble(Peer& peer, Receiver& receiver) {
  // As long as the peer's connection serves, it can be reached.
  if (peer.way == Way::kTheirs) return;
  const absl::optional<absl::Status> trouble = peer.dialler->TakeTrouble();
  if (trouble.has_value()) receiver.OnTrouble(peer.pid, *trouble);
}

void TransportImpl::OnUp(Connection& connection, Receiver& receiver) {
  if (!connection.is_dialled()) return OnCallerUp(connection, receiver);
  Peer* const peer = FindPeer(connection.called());
  if (peer != nullptr && peer->own == connection.id()) {
    OnDialledUp(*peer, connection, receiver);
  }
}

void TransportImpl::OnDialledUp(Peer& peer, Connection& own,
                                Receiver& receiver) {
  peer.dialler->OnUp(Clock::now());
  SetDeadline(peer);
  if (peer.way == Way::kTheirs && !Yields(peer)) {
    peer.way = Way::kNone;
    receiver.OnReset(peer.pid, /*up=*/false);
  }
  if (peer.way == Way::kNone) {
    peer.way = Way::kOwn;
    receiver.OnReset(peer.pid, /*up=*/true);
  }
  // What was learnt over this one shows whoever is at the peer's address, and
  // has called us, that it is ours.
  if (peer.pid <= spec_.self) return;
  const auto claims = claims_.find(peer.pid);
  if (claims == claims_.end()) return;
  for (const uint64_t id : claims->second) {
    Connection& caller = *Find(id);
    if (!Claims(caller, peer)) continue;
    caller.SendEcho(own.theirs().nonce);
    if (caller.is_broken()) List(id);
  }
}

void TransportImpl::OnCallerUp(Connection& caller, Receiver& receiver) {
  callers_.erase(caller.id());
  const Pid pid = caller.theirs().self;
  claims_[pid].insert(caller.id());
  Peer* const peer = FindPeer(pid);
  if (peer == nullptr || pid == spec_.self || !Claims(caller, *peer)) return;
  if (!Yields(*peer)) {
    const Connection* const own = Find(peer->own);
    if (own != nullptr && own->is_up()) caller.SendEcho(own->theirs().nonce);
    if (wire_->properties().proves_peers && caller.proven() == pid) {
      Borrow(*peer, caller.id(), receiver);
    }
    return;
  }
  if (wire_->properties().proves_peers) {
    if (caller.proven() == pid) Adopt(*peer, caller.id(), receiver);
    return;
  }
  // The one that we have may be of a life that is over, or this one may be
  // anybody's: the peer knows.
  if (peer->way == Way::kTheirs && peer->own == 0) {
    peer->dialler->Call(Clock::now() + kDoubtPause);
    SetDeadline(*peer);
  }
}

void TransportImpl::OnEcho(Connection& connection, const Nonce& nonce,
                           Receiver& receiver) {
  // Only what comes from the peer's address counts.
  Peer* const peer = FindPeer(connection.called());
  if (peer == nullptr || peer->own != connection.id() || !Yields(*peer)) return;
  const auto claims = claims_.find(peer->pid);
  if (claims == claims_.end()) return;
  for (const uint64_t id : claims->second) {
    const Connection& caller = *Find(id);
    if (Claims(caller, *peer) && caller.nonce() == nonce) {
      Adopt(*peer, id, receiver);
      return;
    }
  }
}

void TransportImpl::Adopt(Peer& peer, uint64_t theirs, Receiver& receiver) {
  const uint64_t former = std::exchange(peer.theirs, theirs);
  Connection* const own = Find(peer.own);
  switch (peer.way) {
    case Way::kNone:
      peer.way = Way::kTheirs;
      peer.dialler->ForgetTrouble();
      receiver.OnReset(peer.pid, /*up=*/true);
      break;
    case Way::kOwn:
      peer.way = Way::kSwitching;
      break;
    case Way::kSwitching:
      break;
    case Way::kTheirs:
      if (former == theirs) break;
      receiver.OnReset(peer.pid, /*up=*/false);
      receiver.OnReset(peer.pid, /*up=*/true);
      break;
  }
  if (own != nullptr && own->is_up()) {
    own->SendEnd();
    if (own->is_broken()) ListAndStir(peer.own);
    return;
  }
  // It is not needed any more.
  if (own != nullptr) Erase(std::exchange(peer.own, 0));
  peer.dialler->Rest();
  SetDeadline(peer);
}

void TransportImpl::Borrow(Peer& peer, uint64_t theirs, Receiver& receiver) {
  peer.theirs = theirs;
  if (peer.way == Way::kOwn) return;
  if (peer.way == Way::kTheirs) receiver.OnReset(peer.pid, /*up=*/false);
  peer.way = Way::kTheirs;
  // It goes on calling, and what that comes to is no trouble any more.
  peer.dialler->ForgetTrouble();
  receiver.OnReset(peer.pid, /*up=*/true);
}

void TransportImpl::OnOwnEnded(Peer& peer, const Connection& own,
                               Receiver& receiver) {
  const Clock::time_point now = Clock::now();
  peer.own = 0;
  const Way way = peer.way;
  if (way == Way::kOwn) {
    peer.way = Way::kNone;
    receiver.OnReset(peer.pid, /*up=*/false);
    if (!Yields(peer) && peer.theirs != 0) Borrow(peer, peer.theirs, receiver);
  } else if (way == Way::kSwitching) {
    peer.way = Way::kTheirs;
    // The peer closes it as soon as it has read all. Ended otherwise, nobody
    // knows how much that was.
    if (!own.is_clean()) {
      receiver.OnReset(peer.pid, /*up=*/false);
      receiver.OnReset(peer.pid, /*up=*/true);
    }
    // Who was refused meanwhile may try again.
    events_->Stir();
  }
  if (own.has_sent_end()) {
    peer.dialler->Rest();
  } else if (own.is_up()) {
    peer.dialler->OnLost(now);
  } else {
    peer.dialler->OnFailed(own.why(), now);
  }
  SetDeadline(peer);
  TellTrouble(peer, receiver);
}

void TransportImpl::OnTheirsEnded(Peer& peer, Receiver& receiver) {
  peer.theirs = 0;
  if (peer.way != Way::kSwitching && peer.way != Way::kTheirs) return;
  const Clock::time_point now = Clock::now();
  const Connection* const own = Find(peer.own);
  receiver.OnReset(peer.pid, /*up=*/false);
  peer.way = Way::kNone;
  if (own != nullptr && own->has_sent_end()) {
    // Nothing more can be sent over it.
    Erase(std::exchange(peer.own, 0));
    peer.dialler->OnLost(now);
  } else if (own != nullptr && own->is_up()) {
    peer.way = Way::kOwn;
    receiver.OnReset(peer.pid, /*up=*/true);
  } else if (own == nullptr) {
    peer.dialler->Call(now);
  }
  SetDeadline(peer);
}

void TransportImpl::Drop(Peer& peer) {
  // The peer's own connection stays, as any caller's.
  Erase(peer.own);
  deadlines_.erase({peer.deadline, peer.pid});
  resolving_.erase(peer.pid);
}

}  // namespace raft_cluster::internal::stream
