#include "raft/cluster/link/link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

using Verdict = Handshake::Verdict;

// How long news may wait for a frame that goes anyway.
constexpr Micros kMaxAckDelay = 1000;

}  // namespace

Link::Link(const LinkOptions& options, const Life& me, Micros now,
           const LinkMemory& memory)
    : options_(options),
      handshake_(options_, me, now),
      queue_(options.total),
      window_(options.inbox_budget_bytes, options.max_envelope_bytes),
      path_(now),
      session_(&queue_, now),
      account_(memory.account.value_or(Account(options.peer))),
      noted_since_(now) {
  handshake_.Remember(memory.newest, memory.former);
}

Link::~Link() {
  if (options_.total != nullptr) options_.total->Release(counted_inbox_);
}

// ---- The outbox and the inbox -----------------------------------------------

uint64_t Link::MaxEnvelope() const {
  return may_send_items() && !session_.liveness.silent()
             ? std::min(options_.max_envelope_bytes,
                        handshake_.peer_hello().max_envelope_bytes())
             : options_.max_envelope_bytes;
}

void Link::Accept(const Outgoing& envelope, Micros now, SharedItems* shared) {
  queue_.Append(envelope, now, shared);
  session_.sending.OnAppended(now);
  delays_.OnAppended(queue_.end(), now);
  account_.Accepted();
}

bool Link::CanJoin(const Outgoing& envelope, const SharedItems* shared) const {
  return queue_.CanJoin(envelope, shared) && session_.sending.waiting() &&
         HasRoom(envelope.cost()) && envelope.msg.size() <= MaxEnvelope();
}

void Link::Join(const Outgoing& envelope, SharedItems* shared) {
  queue_.Join(envelope, shared);
  account_.Accepted();
}

bool Link::Take(const Taken& taken, Micros now) {
  account_.ReceivedTaken(taken.envelopes);
  const bool sooner = window_.Take(taken, now);
  CountInbox();
  return sooner;
}

// ---- Frames that arrive -----------------------------------------------------

FrameEffects Link::OnFrame(const ParsedFrame& frame, const Origin& origin,
                           Micros now) {
  FrameEffects effects;
  // Deaf as well as mute: whatever a superseded server heard, it could not keep
  // what it promises.
  if (phase_ == Phase::kFenced) return effects;
  if (removed_) return OnFrameWhenRemoved(frame, origin, now);
  // Room comes from what is taken, and from what is voided.
  const uint64_t held = held_bytes();
  Act(handshake_.Judge(frame.header, now), frame, origin, now, &effects);
  effects.freed = held_bytes() < held;
  CountInbox();
  NoteState(now);
  effects.events_after = account_.TakeEvents();
  return effects;
}

void Link::Act(Verdict verdict, const ParsedFrame& frame, const Origin& origin,
               Micros now, FrameEffects* effects) {
  const Header& header = frame.header;
  switch (verdict) {
    case Verdict::kNote:
      return OnNote(*header.hello);
    case Verdict::kOtherAddress:
      return RefuseAloud(Refusal::OTHER_ADDRESS, verdict, header, origin, now);
    case Verdict::kUnknownLife:
      return handshake_.AskLife(origin, now);
    case Verdict::kOtherVersion:
      handshake_.Refuse(*header.hello);
      RefuseAloud(Refusal::OTHER_VERSION, verdict, header, origin, now);
      return ReportState();
    case Verdict::kFutureLife:
      // It may be our own clock that is wrong: then this is what is in the way.
      handshake_.KeepReason(handshake_.Explain(verdict, header, now));
      return RefuseAloud(Refusal::FUTURE_LIFE, verdict, header, origin, now);
    case Verdict::kNewerSelf:
      effects->newer_self = true;
      return;
    case Verdict::kStale:
      CountRefusal(Refusal::STALE, origin.address);
      return handshake_.AnswerStale(origin, now);
    case Verdict::kYetToCome:
    case Verdict::kMalformed:
      return CountRefusal(Refusal::MALFORMED, origin.address);
    case Verdict::kOtherLife:
    case Verdict::kNewLife:
    case Verdict::kKnownLife:
      break;
  }
  if (header.hello.has_value()) {
    if (handshake_.Accept(header.src, *header.hello)) {
      account_.Report(account_.Make(Event::CONFIG_DIFFERS));
    }
    ReportState();
  }
  if (verdict == Verdict::kOtherLife) {
    return handshake_.AnswerLife(header.src, phase_ == Phase::kNone, now);
  }
  if (verdict == Verdict::kNewLife) Establish(header, now);
  if (header.session) OnSessionFrame(frame, origin, now, effects);
}

void Link::Establish(const Header& header, Micros now) {
  HearFormer(header, now);
  const bool restarted = may_send_items();
  const Life former = handshake_.Establish(header);
  account_.SetLife(handshake_.peer());
  // Before the numbers start again: it counts what the former life did not
  // take.
  if (restarted) OnRestart(former);
  session_ = Session(&queue_, now);
  if (queue_.CutInto(handshake_.fragment_bytes())) delays_.Forget();
  window_.StartSession(handshake_.peer_fragment_bytes());
  VoidTooLarge();
  // The peer may not know of the session yet. What was said of the former life
  // is not what this one is.
  phase_ = Phase::kHalf;
  reported_ = PeerStats::CONNECTING;
  answer_now_ = true;
}

void Link::OnRestart(const Life& former) {
  SendQueue::Count count = queue_.CountUnsettled();
  if (options_.void_on_restart) {
    count = queue_.SettleAll();
    delays_.Forget();
    account_.Voided(count.envelopes);
  }
  Event event =
      account_.Make(Event::PEER_RESTARTED, count,
                    options_.void_on_restart ? "voided" : "sent again");
  *event.mutable_old_incarnation() = former.ToProto();
  account_.Report(std::move(event));
}

void Link::Void(const SendQueue::Count& count, absl::string_view why) {
  if (count.envelopes == 0) return;
  delays_.Forget();
  account_.Voided(count.envelopes);
  account_.Report(account_.Make(Event::ENVELOPES_VOIDED, count, why));
}

bool Link::has_too_large() const {
  return !queue_.empty() &&
         queue_.largest() > handshake_.peer_hello().max_envelope_bytes();
}

void Link::VoidTooLarge() {
  // Of what has been cut nothing is too large, and the rest waits for it.
  if (!has_too_large() || queue_.cursor() != queue_.head()) return;
  const uint64_t limit = handshake_.peer_hello().max_envelope_bytes();
  Void(queue_.RemoveLarger(limit),
       absl::StrCat("the peer takes msgs of at most ", limit, " bytes"));
}

void Link::OnSessionFrame(const ParsedFrame& frame, const Origin& origin,
                          Micros now, FrameEffects* effects) {
  const Header& header = frame.header;
  // Before anything of it is believed, its being a sign of life included: one
  // claim that is false makes all of them worthless.
  if (header.received > session_.sending.sent() ||
      header.echo > path_.last_stamp()) {
    return CountRefusal(Refusal::NEVER_SENT, origin.address);
  }
  if (!session_.liveness.Plausible(header.stamp, now)) {
    return CountRefusal(Refusal::MALFORMED, origin.address);
  }
  session_.liveness.OnHeard(header.stamp, now);
  // It speaks to our life, so it has heard our hello. Of one that was said
  // again only an echo is proof: the frame may have been under way.
  if (!session_.hello_again) session_.peer_has_hello = true;
  handshake_.ClearRefusal();
  if (phase_ == Phase::kHalf) {
    phase_ = Phase::kOpen;
    session_.sending.OnOpen();
  }
  OnAcknowledged(header, now);
  if (may_send_items()) VoidTooLarge();
  if (header.ask) answer_now_ = true;
  // One that leaves takes nothing more: what it has said of `taken` is final.
  if (!leaving_) OnItems(frame, origin, now, effects);
  if (header.leave && phase_ != Phase::kClosed) OnPeerLeaves(now);
  ReportState();
}

void Link::OnAcknowledged(const Header& header, Micros now) {
  Liveness& liveness = session_.liveness;
  SendStream& sending = session_.sending;
  if (liveness.IsNewEcho(header.echo)) {
    // Of other stamps it is not known how long the peer kept the echo.
    if (liveness.AnswersAsk(header.echo) ||
        sending.Arrived(header.echo, header.received)) {
      path_.OnEcho(header.echo, now);
    }
    liveness.OnEcho(header.echo, path_.last_stamp(), now);
  }
  if (session_.hello_stamp != 0 && header.echo >= session_.hello_stamp) {
    session_.peer_has_hello = true;
  }
  const uint64_t held = held_bytes();
  account_.Taken(sending.OnAcknowledged(header, options_.fifo, path_));
  if (held_bytes() < held) {
    pace_.OnTaken(held - held_bytes(), now, path_.least_round_trip());
    // Those who go on to wait are not asked again.
    if (pace_.holds() && refused_) sending.NoteFull(now);
  }
  delays_.OnTaken(queue_.head(), now);
}

void Link::OnItems(const ParsedFrame& frame, const Origin& origin, Micros now,
                   FrameEffects* effects) {
  account_.ReceivedBytes(frame.items.size() + frame.tail.size());
  const ReceiveWindow::Verdict verdict =
      window_.Receive(frame, now, &effects->runs);
  if (!effects->runs.empty()) {
    effects->events_before = account_.TakeEvents();
    for (const ItemRun& run : effects->runs) account_.Received(run.envelopes);
  }
  // At once, since either means that the other end does not know what is here.
  if (verdict.repeat || verdict.gap) answer_now_ = true;
  if (verdict.beyond) CountRefusal(Refusal::BEYOND_WINDOW, origin.address);
  if (verdict.too_large) CountRefusal(Refusal::TOO_LARGE, origin.address);
  if (verdict.malformed) CountRefusal(Refusal::MALFORMED, origin.address);
}

// ---- Frames to send ---------------------------------------------------------

bool Link::NextFrame(Micros now, bool sleeping, OutgoingFrame* out) {
  if (phase_ == Phase::kFenced) return false;
  if (removed_ && now < LeaveDeadline()) return false;
  out->prefix.clear();
  out->body = Bytes();
  out->reply = false;
  if (removed_) {
    StateFrame(now, out);
    return true;
  }
  // Answers first: without one the other end can do nothing.
  if (handshake_.owes_answer()) {
    handshake_.NextAnswer(path_.last_stamp(), out);
    if (!out->reply) path_.OnSent(now);
    return true;
  }
  if (phase_ == Phase::kNone) {
    if (now < handshake_.hello_at()) return false;
    handshake_.NextHello(now, out);
    path_.OnSent(now);
    return true;
  }
  if (may_send_items()) {
    // What was lost goes before what is new, which would only wait for it at
    // the other end. Either says all that a state frame says, so that one goes
    // only if neither does.
    if (session_.sending.has_lost()) {
      LostFrame(now, out);
      return true;
    }
    if (now >= DataDeadline() && DataFrame(now, out)) return true;
  }
  if (!(sleeping && owes_news()) && now < StateDeadline()) return false;
  StateFrame(now, out);
  return true;
}

Micros Link::FrameDeadline() const {
  if (phase_ == Phase::kFenced) return kNever;
  if (removed_) return LeaveDeadline();
  if (handshake_.owes_answer()) return 0;
  if (phase_ == Phase::kNone) return handshake_.hello_at();
  Micros deadline = kNever;
  if (may_send_items()) {
    if (session_.sending.has_lost()) return 0;
    deadline = DataDeadline();
  }
  return std::min(deadline, StateDeadline());
}

Micros Link::DataDeadline() const {
  // Nothing is cut until the queue was cleared of it, which waits for what is
  // in flight: once cut, it would be refused and sent again for ever.
  return has_too_large() ? kNever
                         : session_.sending.Deadline(path_.round_trip());
}

Micros Link::ProbeInterval() const {
  return session_.sending.ProbeInterval(path_.round_trip(),
                                        handshake_.heartbeat());
}

Micros Link::StateDeadline() const {
  if (answer_now_ || ask_now_ || window_.OwesGrant()) return 0;
  Micros deadline = kNever;
  if (window_.news_since() != kNever) {
    deadline = window_.news_since() + kMaxAckDelay;
  }
  // One that has left waits for acknowledgements, and for neither heartbeats
  // nor probes.
  if (phase_ == Phase::kClosed) return deadline;
  const bool probe = phase_ == Phase::kHalf || !queue_.empty();
  deadline = std::min(deadline, probe ? path_.last_sent() + ProbeInterval()
                                      : NextHeartbeat(path_.last_sent(),
                                                      handshake_.heartbeat()));
  if (leaving_ && !Left()) {
    deadline = std::min(deadline, path_.last_sent() + kLeaveInterval);
  }
  return deadline;
}

// The header of every frame of the session: all that we know.
Header Link::StateHeader(Micros now) {
  Header header = handshake_.HeaderTo(handshake_.peer());
  header.session = true;
  header.first = session_.sending.sent() + 1;
  window_.Say(&header);
  header.stamp = path_.Stamp(now);
  header.echo = session_.liveness.echo();
  header.leave = leaving_;
  if (!session_.peer_has_hello) {
    header.hello = handshake_.MakeHello();
    if (session_.hello_stamp == 0) session_.hello_stamp = header.stamp;
  }
  if (leaving_ && session_.leave_stamp == 0) {
    session_.leave_stamp = header.stamp;
  }
  session_.liveness.OnSaid(now);
  answer_now_ = false;
  return header;
}

void Link::StateFrame(Micros now, OutgoingFrame* out) {
  const bool probe =
      phase_ == Phase::kHalf || (may_send_items() && !queue_.empty());
  const bool timer = now >= path_.last_sent() + ProbeInterval();
  // A frame that answers never asks, or two that wait would never rest.
  const bool ask = ask_now_ || ((leaving_ || (probe && timer)) && !answer_now_);
  if (probe && timer) session_.sending.OnProbe();
  out->header = StateHeader(now);
  out->header.ask = ask;
  if (ask) session_.liveness.OnAsked(out->header.stamp);
  ask_now_ = false;
}

void Link::LostFrame(Micros now, OutgoingFrame* out) {
  out->header = StateHeader(now);
  const SendStream::InFlight& frame =
      session_.sending.ResendLost(out->header.stamp, path_.connection());
  out->header.first = frame.first;
  out->prefix = frame.prefix;
  out->body = frame.body;
  account_.Resent();
  account_.SentBytes(out->prefix.size() + out->body.size());
}

bool Link::DataFrame(Micros now, OutgoingFrame* out) {
  SendQueue::Slice slice;
  if (!session_.sending.Cut(phase_ == Phase::kOpen, now, &slice)) return false;
  // A peer is slow as long as nothing can be cut for it, so it may be well now.
  ReportState();
  out->header = StateHeader(now);
  out->header.first = slice.first;
  out->prefix = slice.prefix;
  out->body = slice.body;
  account_.SentBytes(out->prefix.size() + out->body.size());
  session_.sending.OnSent(std::move(slice), out->header.stamp,
                          path_.connection());
  return true;
}

}  // namespace raft_cluster::internal
