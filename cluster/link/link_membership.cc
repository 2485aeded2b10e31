// What becomes of a Link when the server's configuration changes.
#include <utility>

#include "raft/cluster/link/link.h"

namespace raft_cluster::internal {
namespace {

using Verdict = Handshake::Verdict;

}  // namespace

void Link::Reload(uint64_t reload, uint64_t config_digest) {
  options_.reload = reload;
  options_.config_digest = config_digest;
  // The peer is told by the frames that go anyway.
  session_.peer_has_hello = false;
  session_.hello_again = true;
  session_.hello_stamp = 0;
}

// ---- The peer is not in it any more -----------------------------------------

SendQueue::Count Link::Remove() {
  removed_ = leaving_ = true;
  const SendQueue::Count count = queue_.SettleAll();
  account_.Voided(count.envelopes);
  delays_.Forget();
  session_.sending.Forget();
  window_.Drop();
  CountInbox();
  // At once: the sooner the peer knows, the less it sends in vain.
  ask_now_ = true;
  answer_now_ = false;
  return count;
}

Micros Link::LeaveDeadline() const {
  if (!leave_is_owed() || !path_.up()) return kNever;
  return ask_now_ ? 0 : path_.last_sent() + kLeaveInterval;
}

FrameEffects Link::OnFrameWhenRemoved(const ParsedFrame& frame,
                                      const Origin& origin, Micros now) {
  const Header& header = frame.header;
  const Verdict verdict = handshake_.Judge(header, now);
  if (!session() || !header.session || header.dst != handshake_.me()) {
    // Whoever has been removed is a stranger: nothing is answered, no session
    // is made, and nobody's life ends by what it says.
    CountRefusal(Refusal::UNKNOWN_PID, origin.address,
                 "it was taken out of the configuration");
    FrameEffects effects;
    effects.events_after = account_.TakeEvents();
    return effects;
  }
  if (verdict == Verdict::kNewLife) {
    // It answers to us, so it holds the session by what we said before: then
    // the leave is for this life, which has given us nothing.
    handshake_.Establish(header);
    account_.SetLife(handshake_.peer());
    session_ = Session(&queue_, now);
    window_.StartSession(handshake_.peer_fragment_bytes());
    phase_ = Phase::kHalf;
    ask_now_ = true;
    return {};
  }
  if (verdict != Verdict::kKnownLife || header.echo > path_.last_stamp() ||
      !session_.liveness.Plausible(header.stamp, now)) {
    return {};
  }
  // It is echoed, so that a peer which leaves as well knows that it was heard.
  session_.liveness.OnHeard(header.stamp, now);
  session_.peer_has_hello = true;
  leave_heard_ = header.leave || (session_.leave_stamp != 0 &&
                                  header.echo >= session_.leave_stamp);
  return {};
}

// ---- What the next link is to know ------------------------------------------

absl::optional<wire::Former> Link::Former() const {
  // One that was held on this side alone took nothing, and replaces nothing:
  // the peer may still hold the one before.
  if (!session() || phase_ == Phase::kHalf) return handshake_.former();
  wire::Former former;
  former.set_epoch(handshake_.me().epoch);
  *former.mutable_peer() = handshake_.peer().ToProto();
  former.set_taken(window_.taken());
  return former;
}

LinkMemory Link::Memory(bool same_peer) const {
  LinkMemory memory;
  if (same_peer) memory.newest = handshake_.newest();
  memory.former = Former();
  memory.account.emplace(account_);
  memory.account->SetLife(Life());
  return memory;
}

void Link::HearFormer(const Header& header, Micros now) {
  const wire::Hello& hello = *header.hello;
  if (!may_send_items() || !hello.has_former()) return;
  const wire::Former& former = hello.former();
  const Life& peer = handshake_.peer();
  const Life me = {former.peer().start_us(), former.peer().random(),
                   former.peer().epoch()};
  if (!header.src.SameProcess(peer) || former.epoch() != peer.epoch ||
      me != handshake_.me() || former.taken() > session_.sending.sent()) {
    return;
  }
  Header leave;
  leave.received = leave.taken = former.taken();
  account_.Taken(session_.sending.OnAcknowledged(leave, options_.fifo, path_));
  delays_.OnTaken(queue_.head(), now);
  OnPeerLeaves(now);
}

void Link::OnPeerLeaves(Micros now) {
  phase_ = Phase::kClosed;
  answer_now_ = true;
  // Nothing that is under way will be taken: what this frame said was its last
  // word.
  session_.sending.Forget();
  session_.liveness.OnLeft(now);
  account_.Report(account_.Make(Event::PEER_LEFT));
  if (options_.void_on_restart) Void(queue_.SettleAll(), "the peer has left");
}

// ---- The peer is somewhere else ---------------------------------------------

void Link::Move(const std::string& url) {
  options_.peer_url = url;
  Event event = account_.Make(Event::PEER_MOVED);
  event.set_address(url);
  account_.Report(std::move(event));
}

void Link::MoveToStranger(const std::string& url, const Life& me,
                          uint64_t dropped, Micros now) {
  SendQueue::Count count;
  const bool bound = may_send_items();
  if (bound) {
    count = queue_.CountUnsettled();
    if (options_.void_on_restart) {
      account_.Voided(queue_.SettleAll().envelopes);
      delays_.Forget();
    }
  }
  Event event = account_.Make(Event::PEER_MOVED, count,
                              count.envelopes == 0       ? ""
                              : options_.void_on_restart ? "voided"
                                                         : "sent again");
  event.set_address(url);
  event.set_dropped(dropped);
  account_.Report(std::move(event));
  account_.SetLife(Life());
  const absl::optional<wire::Former> former = Former();
  options_.peer_url = url;
  handshake_.StartAgain(me, now);
  handshake_.Remember(Life(), former);
  session_ = Session(&queue_, now);
  window_ =
      ReceiveWindow(options_.inbox_budget_bytes, options_.max_envelope_bytes);
  CountInbox();
  path_ = Path(now);
  trouble_.clear();
  answer_now_ = ask_now_ = false;
  phase_ = Phase::kNone;
  reported_ = PeerStats::CONNECTING;
}

}  // namespace raft_cluster::internal
