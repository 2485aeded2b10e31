#include "raft/cluster/link/link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/cluster/link/mutant.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kMinHelloInterval = 50000;
constexpr Micros kAnswerInterval = 10000;
constexpr Micros kMinReorderSlack = 1000;

std::string Versions(uint32_t oldest, uint32_t newest) {
  return newest <= oldest ? absl::StrCat("version ", oldest)
                          : absl::StrCat("versions ", oldest, " to ", newest);
}

// As the peer cuts what it sends.
uint64_t FragmentBytes(const wire::Hello& hello) {
  return hello.fragment_bytes() == 0 ? kFragmentBytes : hello.fragment_bytes();
}

}  // namespace

Link::Link(const LinkOptions& options, const Life& me, LinkSink* sink,
           Micros now)
    : options_(options),
      sink_(sink),
      me_(me),
      window_(options.inbox_budget_bytes, options.max_envelope_bytes),
      hello_at_(now),
      hello_interval_(kMinHelloInterval),
      last_sent_(now) {
  session_.last_heard = now;
}

// ---- The outbox and the inbox -----------------------------------------------

uint64_t Link::MaxEnvelope() const {
  return may_send_items() ? std::min(options_.max_envelope_bytes,
                                     peer_hello_.max_envelope_bytes())
                          : options_.max_envelope_bytes;
}

void Link::Accept(const Outgoing& envelope, Micros now) {
  if (queue_.empty()) largest_ = 0;
  queue_.Append(envelope, now);
  if (session_.open_since == kNever) session_.open_since = now;
  CountAccepted(envelope);
}

bool Link::CanJoin(const Outgoing& envelope) const {
  return queue_.CanJoin(envelope) && session_.open_since != kNever &&
         HasRoom(envelope.cost()) && envelope.msg.size() <= MaxEnvelope();
}

void Link::Join(const Outgoing& envelope) {
  queue_.Join(envelope);
  CountAccepted(envelope);
}

void Link::CountAccepted(const Outgoing& envelope) {
  largest_ = std::max<uint64_t>(largest_, envelope.msg.size());
  ledger_.set_offered(ledger_.offered() + 1);
  ledger_.set_accepted(ledger_.accepted() + 1);
}

void Link::NoteFull(Micros now) {
  if (session_.full_since == kNever) session_.full_since = now;
}

void Link::CountSkipped(const Outgoing& envelope) {
  ledger_.set_offered(ledger_.offered() + 1);
  ledger_.set_skipped(ledger_.skipped() + 1);
  Event event = MakeEvent(Event::ENVELOPES_SKIPPED);
  event.set_count(1);
  event.set_bytes(envelope.msg.size());
  event.set_first_id(envelope.id);
  sink_->OnEvent(std::move(event));
}

void Link::CountRefused() {
  ledger_.set_offered(ledger_.offered() + 1);
  ledger_.set_refused(ledger_.refused() + 1);
}

bool Link::Take(const Taken& taken, Micros now) {
  window_.Take(taken);
  received_taken_ += taken.envelopes;
  const bool first = news_since_ == kNever;
  if (first) news_since_ = now;
  return first || OwesGrant();
}

// ---- Frames that arrive -----------------------------------------------------

FrameEffects Link::OnFrame(const ParsedFrame& frame, const Origin& origin,
                           Micros now) {
  FrameEffects effects;
  const uint64_t held = held_bytes();
  if (phase_ != Phase::kFenced) Judge(frame, origin, now, &effects);
  effects.freed = held_bytes() < held;
  return effects;
}

// The rest of the order in docs/protocol.md, "What is judged in which order";
// checksum, form, cluster and pids were judged before.
void Link::Judge(const ParsedFrame& frame, const Origin& origin, Micros now,
                 FrameEffects* effects) {
  const Header& header = frame.header;
  const bool stale = header.src < peer_ && !Mutated(Mutant::kOldLivesMaySpeak);
  // The place for the url of a hello (OTHER_ADDRESS), once it has one: before
  // all else.
  //
  // Of another version, all but the hello may mean something else. (What a
  // former build said before it was replaced says nothing of its successor.)
  if (header.hello.has_value() && !stale && CommonVersion(*header.hello) == 0) {
    return OnOtherVersion(*header.hello, origin);
  }
  if (header.dst.NewerProcess(me_)) {
    effects->newer_self = true;
    return;
  }
  if (header.dst.SameProcess(me_) && header.dst.epoch > me_.epoch) {
    // It names a link of ours that is yet to come.
    return CountRefusal(Refusal::MALFORMED, origin.address);
  }
  if (stale) return OnStaleLife(origin, now);
  if (header.hello.has_value() && !AcceptHello(*header.hello, origin)) return;
  if (header.dst != me_ && !Mutated(Mutant::kAcksOfAnySession)) {
    return OnOtherLife(header, now);
  }
  if (header.src > peer_) {
    if (!header.hello.has_value()) {
      return CountRefusal(Refusal::MALFORMED, origin.address);
    }
    Establish(header, now);
  }
  if (header.session) OnSessionFrame(frame, origin, now, effects);
}

void Link::CountRefusal(Refusal::Reason reason, const std::string& address) {
  ++refused_[reason];
  Event event = MakeEvent(Event::FRAME_REFUSED);
  event.set_count(1);
  event.set_refusal(reason);
  event.set_address(address);
  sink_->OnEvent(std::move(event));
}

void Link::OnOtherVersion(const wire::Hello& hello, const Origin& origin) {
  CountRefusal(Refusal::OTHER_VERSION, origin.address);
  if (!refused_why_.empty()) return;
  refused_why_ =
      absl::StrCat("it speaks ", Versions(hello.version(), hello.max_version()),
                   " of the protocol, this server ",
                   Versions(kOldestVersion, kNewestVersion));
  ReportState();
}

bool Link::AcceptHello(const wire::Hello& hello, const Origin& origin) {
  const uint64_t fragment_bytes = FragmentBytes(hello);
  if (fragment_bytes < kMinFragmentBytes || fragment_bytes > kFragmentBytes) {
    CountRefusal(Refusal::MALFORMED, origin.address);
    return false;
  }
  if (!refused_why_.empty()) {
    refused_why_.clear();
    ReportState();
  }
  if (hello.config_digest() != peer_hello_.config_digest() &&
      hello.config_digest() != options_.config_digest) {
    sink_->OnEvent(MakeEvent(Event::CONFIG_DIFFERS));
  }
  peer_hello_.set_config_digest(hello.config_digest());
  return true;
}

// It may be paused for long and have woken up: told which life is the newer
// one, it stops. The url of the peer leads to the newer life, so the answer
// goes the way by which the frame came.
void Link::OnStaleLife(const Origin& origin, Micros now) {
  CountRefusal(Refusal::STALE, origin.address);
  if (now < next_answer_) return;
  next_answer_ = now + kAnswerInterval;
  reply_due_ = true;
  reply_to_ = origin;
}

// A HELLO, or a frame for a former life of ours: the sender learns which life
// this is.
void Link::OnOtherLife(const Header& header, Micros now) {
  if (phase_ == Phase::kNone && session_.stranger_since == kNever) {
    session_.stranger_since = now;
  }
  if (now < next_answer_) return;
  next_answer_ = now + kAnswerInterval;
  answer_due_ = true;
  answer_to_ = header.src;
}

void Link::StartSession(Micros now) {
  queue_.Rewind();
  session_ = Session();
  session_.base = queue_.head();
  session_.last_heard = now;
  if (!queue_.empty()) session_.open_since = now;
  window_.StartSession(FragmentBytes(peer_hello_));
}

void Link::Establish(const Header& header, Micros now) {
  const Life old = peer_;
  const bool restarted = may_send_items();
  peer_ = header.src;
  peer_hello_ = *header.hello;
  if (restarted) {
    const SendQueue::Count count =
        options_.void_on_restart ? queue_.SettleAll() : queue_.CountUnsettled();
    if (options_.void_on_restart) {
      ledger_.set_voided(ledger_.voided() + count.envelopes);
    }
    Event event = MakeEvent(Event::PEER_RESTARTED);
    *event.mutable_old_incarnation() = old.ToProto();
    event.set_count(count.envelopes);
    event.set_bytes(count.bytes);
    event.set_first_id(count.first_id);
    event.set_detail(options_.void_on_restart ? "voided" : "sent again");
    sink_->OnEvent(std::move(event));
  }
  StartSession(now);
  if (largest_ > peer_hello_.max_envelope_bytes()) {
    const SendQueue::Count count =
        queue_.RemoveLarger(peer_hello_.max_envelope_bytes());
    if (count.envelopes > 0) {
      ledger_.set_voided(ledger_.voided() + count.envelopes);
      Event event = MakeEvent(Event::ENVELOPES_VOIDED);
      event.set_count(count.envelopes);
      event.set_bytes(count.bytes);
      event.set_first_id(count.first_id);
      event.set_detail(absl::StrCat("the peer takes msgs of at most ",
                                    peer_hello_.max_envelope_bytes(),
                                    " bytes"));
      sink_->OnEvent(std::move(event));
    }
  }
  phase_ = Phase::kHalf;
  reported_ = PeerStats::CONNECTING;
  answer_now_ = true;
}

void Link::OnSessionFrame(const ParsedFrame& frame, const Origin& origin,
                          Micros now, FrameEffects* effects) {
  const Header& header = frame.header;
  const uint64_t sent = queue_.cursor() - session_.base;
  if (header.received > sent) {
    CountRefusal(Refusal::NEVER_SENT, origin.address);
    return;
  }
  session_.last_heard = now;
  session_.silent = false;
  session_.peer_has_hello = true;
  refused_why_.clear();
  if (phase_ == Phase::kHalf) {
    phase_ = Phase::kOpen;
    session_.starved = false;  // Nobody is slow before it can grant.
  }
  session_.echo = std::max(session_.echo, header.stamp);
  OnAcknowledged(header, now);
  if (header.ask) answer_now_ = true;
  if (!leaving_) OnItems(frame, origin, now, effects);
  if (header.leave && phase_ != Phase::kClosed) OnPeerLeaves(now);
  ReportState();
}

void Link::OnAcknowledged(const Header& header, Micros now) {
  if (header.echo > session_.echoed) {
    if (header.echo == session_.ask_stamp) OnEcho(header.echo, now);
    for (const InFlight& frame : session_.in_flight) {
      if (frame.last > header.received) break;
      if (frame.stamp == header.echo) OnEcho(header.echo, now);
    }
    session_.echoed = std::min(header.echo, last_stamp_);
    session_.unechoed_since = session_.echoed == last_stamp_ ? kNever : now;
    session_.black_hole_bound = Session::kBlackHoleBound;
  }
  if (header.received > session_.peer_received) {
    session_.peer_received = header.received;
    while (!session_.in_flight.empty() &&
           session_.in_flight.front().last <= session_.peer_received) {
      if (session_.in_flight.front().lost) --session_.lost;
      session_.in_flight.pop_front();
    }
  }
  const uint64_t taken = queue_.Settle(session_.base + header.taken);
  if (taken > 0) {
    ledger_.set_taken(ledger_.taken() + taken);
    session_.probes = 0;
    session_.full_since = kNever;
    if (session_.starved_since == kNever) session_.slow = false;
  }
  if (header.credit > session_.peer_credit) {
    session_.peer_credit = header.credit;
    session_.starved = false;
  }
  FindLosses(header);
}

// The stamp came back at once: the time since then is a round trip.
void Link::OnEcho(uint64_t echo, Micros now) {
  const Micros sample = std::max<Micros>(now - static_cast<Micros>(echo), 1);
  round_trip_ =
      round_trip_ == 0 ? sample : round_trip_ + (sample - round_trip_) / 8;
}

Micros Link::Slack(const InFlight& frame) const {
  if (options_.fifo && frame.connection == connection_) return 0;
  return std::max(round_trip_ / 4, kMinReorderSlack);
}

// What was sent later has arrived, and this has not: it is lost. (The idea of
// RACK, RFC 8985.) Nothing is ever sent again without such evidence.
void Link::FindLosses(const Header& header) {
  for (InFlight& frame : session_.in_flight) {
    if (Mutated(Mutant::kLastFrameIsNotSentAgain) &&
        frame.last == queue_.cursor() - session_.base) {
      continue;
    }
    if (!frame.lost && frame.last > header.received &&
        header.echo > frame.stamp + static_cast<uint64_t>(Slack(frame))) {
      frame.lost = true;
      ++session_.lost;
    }
  }
}

void Link::OnItems(const ParsedFrame& frame, const Origin& origin, Micros now,
                   FrameEffects* effects) {
  std::vector<ItemRun> runs;
  const ReceiveWindow::Verdict verdict = window_.Receive(frame, &runs);
  effects->delivered = !runs.empty();
  for (ItemRun& run : runs) {
    received_ += run.envelopes;
    sink_->OnRun(options_.peer, peer_, std::move(run));
  }
  if (verdict.moved && news_since_ == kNever) news_since_ = now;
  if (verdict.repeat || verdict.gap) answer_now_ = true;
  if (verdict.beyond) CountRefusal(Refusal::BEYOND_WINDOW, origin.address);
  if (verdict.too_large) CountRefusal(Refusal::TOO_LARGE, origin.address);
  if (verdict.malformed) CountRefusal(Refusal::MALFORMED, origin.address);
}

void Link::OnPeerLeaves(Micros now) {
  phase_ = Phase::kClosed;
  answer_now_ = true;
  session_.in_flight.clear();
  session_.lost = 0;
  session_.unechoed_since = kNever;
  session_.last_heard = now;
  Event event = MakeEvent(Event::PEER_LEFT);
  sink_->OnEvent(std::move(event));
  if (!options_.void_on_restart || queue_.empty()) return;
  const SendQueue::Count count = queue_.SettleAll();
  ledger_.set_voided(ledger_.voided() + count.envelopes);
  event = MakeEvent(Event::ENVELOPES_VOIDED);
  event.set_count(count.envelopes);
  event.set_bytes(count.bytes);
  event.set_first_id(count.first_id);
  event.set_detail("the peer has left");
  sink_->OnEvent(std::move(event));
}

void Link::OnTrouble(const std::string& why) {
  trouble_ = why;
  Event event = MakeEvent(Event::PEER_UNREACHABLE);
  event.set_address(options_.peer_url);
  event.set_detail(why);
  sink_->OnEvent(std::move(event));
}

void Link::OnReset(bool up, Micros now) {
  ++connection_;
  if (!up) return;
  trouble_.clear();
  ++connections_made_;
  hello_at_ = now;
  hello_interval_ = kMinHelloInterval;
  if (may_send_items()) ask_now_ = true;
}

}  // namespace raft_cluster::internal
