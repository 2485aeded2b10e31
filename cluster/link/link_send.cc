// The half of Link that makes frames.
#include <algorithm>
#include <utility>

#include "raft/cluster/link/link.h"
#include "raft/cluster/link/mutant.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kMaxHelloInterval = 1000000;
// How long news may wait for a frame that goes anyway.
constexpr Micros kMaxAckDelay = 1000;
// How long items may wait for others to join them, if a round trip is longer.
constexpr Micros kMaxGather = 1000;
constexpr Micros kMinProbe = 10000;
constexpr Micros kLeaveInterval = 10000;

}  // namespace

bool Link::NextFrame(Micros now, bool sleeping, OutgoingFrame* out) {
  if (phase_ == Phase::kFenced) return false;
  out->prefix.clear();
  out->body = Bytes();
  out->reply = false;
  if (reply_due_) {
    StaleFrame(out);
    return true;
  }
  if (answer_due_) {
    AnswerFrame(now, out);
    return true;
  }
  if (phase_ == Phase::kNone) {
    if (now < hello_at_) return false;
    HelloFrame(now, out);
    return true;
  }
  if (may_send_items()) {
    if (session_.lost > 0) {
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
  if (reply_due_ || answer_due_) return 0;
  if (phase_ == Phase::kNone) return hello_at_;
  Micros deadline = kNever;
  if (may_send_items()) {
    if (session_.lost > 0) return 0;
    deadline = DataDeadline();
  }
  return std::min(deadline, StateDeadline());
}

// ---- When -------------------------------------------------------------------

// The ack clock: a quiet link sends at once; a busy one lets items gather until
// a frame is full, or what is in flight has arrived, or a round trip is over.
Micros Link::DataDeadline() const {
  if (session_.starved || queue_.cursor() == queue_.end()) return kNever;
  if (session_.in_flight.empty() || queue_.HasFullFrame()) return 0;
  const Micros gather =
      round_trip_ == 0 ? kMaxGather : std::min(round_trip_, kMaxGather);
  return session_.open_since + gather;
}

// Until everything is known to be *taken*: this is what finds the loss of the
// last frame, of the last acknowledgement and of a grant.
Micros Link::ProbeInterval() const {
  const Micros first =
      std::min(std::max(2 * round_trip_, kMinProbe), options_.heartbeat);
  return std::min(first << std::min(session_.probes, 10), options_.heartbeat);
}

Micros Link::StateDeadline() const {
  if (answer_now_ || ask_now_ || OwesGrant()) return 0;
  Micros deadline = kNever;
  if (news_since_ != kNever) deadline = news_since_ + kMaxAckDelay;
  if (phase_ == Phase::kClosed) return deadline;
  const bool probe = phase_ == Phase::kHalf || !queue_.empty();
  deadline = std::min(
      deadline, last_sent_ + (probe ? ProbeInterval() : options_.heartbeat));
  if (leaving_ && !Left()) {
    deadline = std::min(deadline, last_sent_ + kLeaveInterval);
  }
  return deadline;
}

// ---- What -------------------------------------------------------------------

uint64_t Link::Stamp(Micros now) {
  last_stamp_ = std::max(last_stamp_ + 1, static_cast<uint64_t>(now));
  last_sent_ = now;
  if (session_.unechoed_since == kNever) session_.unechoed_since = now;
  return last_stamp_;
}

wire::Hello Link::MakeHello() const {
  wire::Hello hello;
  hello.set_version(kOldestVersion);
  hello.set_max_version(kNewestVersion);
  hello.set_fragment_bytes(kFragmentBytes);
  hello.set_config_digest(options_.config_digest);
  hello.set_window_bytes(options_.inbox_budget_bytes);
  hello.set_max_envelope_bytes(options_.max_envelope_bytes);
  hello.set_heartbeat_us(static_cast<uint64_t>(options_.heartbeat));
  hello.set_failure_timeout_us(static_cast<uint64_t>(options_.failure_timeout));
  return hello;
}

Header Link::MakeHeader(const Life& dst) const {
  Header header;
  header.cluster = options_.cluster;
  header.from = options_.self;
  header.to = options_.peer;
  header.src = me_;
  header.dst = dst;
  return header;
}

void Link::HelloFrame(Micros now, OutgoingFrame* out) {
  last_sent_ = now;
  const Micros jitter = static_cast<Micros>(
      sink_->Random() % static_cast<uint64_t>(hello_interval_ / 2));
  hello_at_ = now + hello_interval_ * 3 / 4 + jitter;
  hello_interval_ = std::min(2 * hello_interval_, kMaxHelloInterval);
  out->header = MakeHeader(Life());
  out->header.hello = MakeHello();
}

void Link::AnswerFrame(Micros now, OutgoingFrame* out) {
  answer_due_ = false;
  last_sent_ = now;
  out->header = MakeHeader(answer_to_);
  out->header.hello = MakeHello();
}

// Tells a stale life which one is newer. It says nothing else of use, so what
// is owed to the newer life is still owed.
void Link::StaleFrame(OutgoingFrame* out) {
  reply_due_ = false;
  out->reply = true;
  out->origin = reply_to_;
  Header& header = out->header;
  header = MakeHeader(peer_);
  header.session = true;
  header.first = 1;
  header.stamp = last_stamp_;
  // One that was born again is both: the sender of the stale frame, and the
  // newer life, which may not have our hello yet.
  if (!session_.peer_has_hello) header.hello = MakeHello();
}

// The header of every frame of the session: all that we know.
Header Link::StateHeader(Micros now) {
  Header header = MakeHeader(peer_);
  header.session = true;
  header.first = queue_.cursor() - session_.base + 1;
  header.received = window_.received();
  header.taken = Mutated(Mutant::kReceivedCountsAsTaken) ? window_.received()
                                                         : window_.taken();
  header.credit = window_.grant();
  header.stamp = Stamp(now);
  header.echo = session_.echo;
  header.leave = leaving_;
  if (!session_.peer_has_hello) header.hello = MakeHello();
  if (leaving_ && session_.leave_stamp == 0)
    session_.leave_stamp = header.stamp;
  session_.granted = window_.grant();
  news_since_ = kNever;
  answer_now_ = false;
  return header;
}

void Link::StateFrame(Micros now, OutgoingFrame* out) {
  const bool probe =
      phase_ == Phase::kHalf || (may_send_items() && !queue_.empty());
  const bool timer = now >= last_sent_ + ProbeInterval();
  // A frame that answers never asks, or two that wait would never rest.
  const bool ask = ask_now_ || ((leaving_ || (probe && timer)) && !answer_now_);
  if (probe && timer) ++session_.probes;
  out->header = StateHeader(now);
  out->header.ask = ask;
  if (ask) session_.ask_stamp = out->header.stamp;
  ask_now_ = false;
}

void Link::LostFrame(Micros now, OutgoingFrame* out) {
  auto lost = std::find_if(session_.in_flight.begin(), session_.in_flight.end(),
                           [](const InFlight& frame) { return frame.lost; });
  out->header = StateHeader(now);
  out->header.first = lost->first;
  out->prefix = lost->prefix;
  out->body = lost->body;
  lost->lost = false;
  lost->stamp = out->header.stamp;
  lost->connection = connection_;
  --session_.lost;
  ++resent_;
}

bool Link::DataFrame(Micros now, OutgoingFrame* out) {
  SendQueue::Slice slice;
  uint64_t credit = session_.peer_credit > session_.cut_position
                        ? session_.peer_credit - session_.cut_position
                        : 0;
  if (Mutated(Mutant::kCreditIsIgnored)) credit = uint64_t{1} << 40;
  if (!queue_.Cut(credit, &slice)) {
    session_.starved = true;
    if (phase_ == Phase::kOpen && session_.starved_since == kNever) {
      session_.starved_since = now;
    }
    return false;
  }
  session_.cut_position += slice.cost;
  const bool all = queue_.cursor() == queue_.end();
  session_.open_since = all ? kNever : now;
  if (all) {
    session_.starved_since = kNever;
    session_.slow = session_.full_since != kNever && session_.slow;
    ReportState();
  }
  session_.probes = 0;
  out->header = StateHeader(now);
  out->header.first = slice.first - session_.base;
  out->prefix = slice.prefix;
  out->body = slice.body;
  InFlight record;
  record.first = out->header.first;
  record.last = out->header.first + slice.items - 1;
  record.stamp = out->header.stamp;
  record.connection = connection_;
  record.prefix = std::move(slice.prefix);
  record.body = std::move(slice.body);
  session_.in_flight.push_back(std::move(record));
  return true;
}

}  // namespace raft_cluster::internal
