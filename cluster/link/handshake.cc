#include "raft/cluster/link/handshake.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/liveness.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kMinHelloInterval = 50000;
constexpr Micros kMaxHelloInterval = 1000000;
constexpr Micros kAnswerInterval = 10000;

std::string Versions(uint32_t oldest, uint32_t newest) {
  return newest <= oldest ? absl::StrCat("version ", oldest)
                          : absl::StrCat("versions ", oldest, " to ", newest);
}

uint64_t FragmentBytes(const wire::Hello& hello) {
  return hello.fragment_bytes() == 0 ? kFragmentBytes : hello.fragment_bytes();
}

bool WellFormed(const wire::Hello& hello) {
  const uint64_t fragment_bytes = FragmentBytes(hello);
  return fragment_bytes >= kMinFragmentBytes &&
         fragment_bytes <= kFragmentBytes;
}

}  // namespace

Handshake::Handshake(const LinkOptions& options, const Life& me, Micros now)
    : options_(options),
      random_(options.seed),
      me_(me),
      hello_at_(now),
      hello_interval_(kMinHelloInterval) {}

Handshake::Verdict Handshake::Judge(const Header& header) const {
  const bool stale = header.src < peer_;
  const bool has_hello = header.hello.has_value();
  // The place for the url of a hello (OTHER_ADDRESS), once it has one: before
  // all else.
  //
  // What a former build said before it was replaced says nothing of its
  // successor: so a stale frame is never one of another version.
  if (has_hello && !stale && CommonVersion(*header.hello) == 0) {
    return Verdict::kOtherVersion;
  }
  if (header.dst.NewerProcess(me_)) return Verdict::kNewerSelf;
  if (header.dst.SameProcess(me_) && header.dst.epoch > me_.epoch) {
    return Verdict::kYetToCome;
  }
  if (stale) return Verdict::kStale;
  if (has_hello && !WellFormed(*header.hello)) return Verdict::kMalformed;
  if (header.dst != me_) return Verdict::kOtherLife;
  if (header.src > peer_) {
    // A session needs to know the window and limits of the other end.
    return has_hello ? Verdict::kNewLife : Verdict::kMalformed;
  }
  return Verdict::kKnownLife;
}

void Handshake::Refuse(const wire::Hello& hello) {
  if (refused()) return;
  refused_why_ =
      absl::StrCat("it speaks ", Versions(hello.version(), hello.max_version()),
                   " of the protocol, this server ",
                   Versions(kOldestVersion, kNewestVersion));
}

bool Handshake::Accept(const wire::Hello& hello) {
  refused_why_.clear();
  const bool differs = hello.config_digest() != peer_hello_.config_digest() &&
                       hello.config_digest() != options_.config_digest;
  peer_hello_.set_config_digest(hello.config_digest());
  return differs;
}

Life Handshake::Establish(const Header& header) {
  const Life former = peer_;
  peer_ = header.src;
  peer_hello_ = *header.hello;
  stranger_since_ = kNever;
  return former;
}

bool Handshake::MayAnswer(Micros now) {
  if (now < next_answer_) return false;
  next_answer_ = now + kAnswerInterval;
  return true;
}

void Handshake::AnswerStale(const Origin& origin, Micros now) {
  if (!MayAnswer(now)) return;
  stale_answer_due_ = true;
  stale_origin_ = origin;
}

void Handshake::AnswerLife(const Life& src, bool alone, Micros now) {
  if (alone && stranger_since_ == kNever) stranger_since_ = now;
  if (!MayAnswer(now)) return;
  answer_due_ = true;
  answer_to_ = src;
}

void Handshake::NextAnswer(uint64_t last_stamp, bool with_hello,
                           OutgoingFrame* out) {
  RAFT_DEBUG_ASSERT(owes_answer());
  if (!stale_answer_due_) {
    answer_due_ = false;
    out->header = HeaderTo(answer_to_);
    out->header.hello = MakeHello();
    return;
  }
  // It says nothing else of use, so what is owed to the newer life is still
  // owed.
  stale_answer_due_ = false;
  out->reply = true;
  out->origin = stale_origin_;
  out->header = HeaderTo(peer_);
  out->header.session = true;
  out->header.first = 1;
  out->header.stamp = last_stamp;
  // One that was born again is both: the sender of the stale frame, and the
  // newer life, which may not have our hello yet.
  if (with_hello) out->header.hello = MakeHello();
}

void Handshake::NextHello(Micros now, OutgoingFrame* out) {
  const Micros jitter = static_cast<Micros>(
      random_.Below(static_cast<uint64_t>(hello_interval_ / 2)));
  hello_at_ = now + hello_interval_ * 3 / 4 + jitter;
  hello_interval_ = std::min(2 * hello_interval_, kMaxHelloInterval);
  out->header = HeaderTo(Life());
  out->header.hello = MakeHello();
}

void Handshake::HelloAgain(Micros now) {
  hello_at_ = now;
  hello_interval_ = kMinHelloInterval;
}

Header Handshake::HeaderTo(const Life& dst) const {
  Header header;
  header.cluster = options_.cluster;
  header.from = options_.self;
  header.to = options_.peer;
  header.src = me_;
  header.dst = dst;
  return header;
}

wire::Hello Handshake::MakeHello() const {
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

uint64_t Handshake::peer_fragment_bytes() const {
  return FragmentBytes(peer_hello_);
}

void Handshake::HeldUp(Micros duration, Micros now) {
  ShiftSince(&stranger_since_, duration, now);
}

void Handshake::Rebirth(const Life& me, Micros now) {
  RAFT_ASSERT(!peer_);
  me_ = me;
  hello_at_ = now;
}

}  // namespace raft_cluster::internal
