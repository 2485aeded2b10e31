#include "raft/cluster/link/handshake.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/liveness.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kMinHelloInterval = 50000;
constexpr Micros kMaxHelloInterval = 1000000;
constexpr Micros kAnswerInterval = 10000;
constexpr Micros kNoteInterval = 1000000;
constexpr Micros kHeartbeatsPerTimeout = 10;
constexpr Micros kMinHeartbeat = 5000;
constexpr uint64_t kDayUs = uint64_t{24} * 60 * 60 * 1000000;

std::string Versions(uint32_t oldest, uint32_t newest) {
  return newest <= oldest ? absl::StrCat("version ", oldest)
                          : absl::StrCat("versions ", oldest, " to ", newest);
}

uint64_t FragmentBytes(const wire::Hello& hello) {
  return hello.fragment_bytes() == 0 ? kFragmentBytes : hello.fragment_bytes();
}

std::string ItSpeaks(const wire::Hello& hello) {
  return absl::StrCat("it speaks ",
                      Versions(hello.version(), hello.max_version()),
                      " of the protocol, this server ",
                      Versions(kOldestVersion, kNewestVersion));
}

// Two servers that ask each other would answer without end. What is said for
// one reason does not keep back what is to be said for another: a stale life
// that is asked who it is answers at once, and is to be told then.
bool May(Micros now, Micros interval, Micros* next) {
  if (now < *next) return false;
  *next = now + interval;
  return true;
}

bool WellFormed(const wire::Hello& hello) {
  const uint64_t fragment_bytes = FragmentBytes(hello);
  return fragment_bytes >= kMinFragmentBytes &&
         fragment_bytes <= kFragmentBytes;
}

}  // namespace

wire::Hello HelloOf(const LinkOptions& options) {
  wire::Hello hello;
  hello.set_version(kOldestVersion);
  hello.set_max_version(kNewestVersion);
  hello.set_fragment_bytes(kFragmentBytes);
  // Left out where there is nothing to say, as older ones do.
  if (options.fragment_bytes > kFragmentBytes) {
    hello.set_large_fragment_bytes(options.fragment_bytes);
  }
  hello.set_config_digest(options.config_digest);
  hello.set_window_bytes(options.inbox_budget_bytes);
  hello.set_max_envelope_bytes(options.max_envelope_bytes);
  hello.set_heartbeat_us(static_cast<uint64_t>(options.heartbeat));
  hello.set_failure_timeout_us(static_cast<uint64_t>(options.failure_timeout));
  hello.set_url(options.self_url);
  hello.set_reload(options.reload);
  return hello;
}

Handshake::Handshake(const LinkOptions& options, const Life& me, Micros now)
    : options_(options),
      random_(options.seed),
      me_(me),
      hello_at_(now),
      hello_interval_(kMinHelloInterval),
      heartbeat_(options.heartbeat) {}

Handshake::Verdict Handshake::Judge(const Header& header, Micros now) const {
  const bool stale = header.src < newest();
  const bool has_hello = header.hello.has_value();
  // Who it is comes before all that it says: a stranger ends nobody's life.
  if (has_hello) {
    if (header.hello->refused() != 0) return Verdict::kNote;
    if (!options_.proven_peers && header.hello->url() != options_.peer_url) {
      return Verdict::kOtherAddress;
    }
  } else if (header.src != peer_) {
    return Verdict::kUnknownLife;
  }
  // What a former build said before it was replaced says nothing of its
  // successor: so a stale frame is never one of another version.
  if (has_hello && !stale && CommonVersion(*header.hello) == 0) {
    return Verdict::kOtherVersion;
  }
  const uint64_t latest = WallClock(now) + kDayUs;
  if (std::max(header.src.start_us, header.dst.start_us) > latest) {
    return Verdict::kFutureLife;
  }
  if (header.dst.NewerProcess(me_)) return Verdict::kNewerSelf;
  if (header.dst.SameProcess(me_) && header.dst.epoch > me_.epoch) {
    return Verdict::kYetToCome;
  }
  if (stale) return Verdict::kStale;
  if (has_hello && !WellFormed(*header.hello)) return Verdict::kMalformed;
  if (header.dst != me_) return Verdict::kOtherLife;
  return header.src > peer_ ? Verdict::kNewLife : Verdict::kKnownLife;
}

bool Handshake::TakeNote(const wire::Hello& hello) {
  std::string words;
  switch (hello.refused()) {
    case Refusal::OTHER_ADDRESS:
      words = absl::StrCat(
          "it takes this server for a stranger: its configuration has another "
          "url than ",
          options_.self_url, " for server ", options_.self,
          "; one of the two is wrong, or these are two clusters (give each a "
          "name, \"cluster\")");
      break;
    case Refusal::OTHER_VERSION:
      words = "it speaks no version of the protocol that this server does";
      break;
    case Refusal::FUTURE_LIFE:
      words =
          "by its clock this server starts more than a day from now; set "
          "the clock that is wrong, and start its server again";
      break;
    case Refusal::UNKNOWN_PID:
      words = absl::StrCat("its configuration has no server ", options_.self);
      break;
    case Refusal::MISROUTED:
      words = absl::StrCat("at ", options_.peer_url,
                           " there is another server than ", options_.peer);
      break;
    case Refusal::OTHER_CLUSTER:
      words = absl::StrCat("at ", options_.peer_url,
                           " there is a server of another cluster: the url is "
                           "wrong, or \"cluster\" differs in the two "
                           "configurations");
      break;
    default:
      words = absl::StrCat("it refuses this server (reason ", hello.refused(),
                           " of a later version)");
  }
  // It is repeated every second, and is news once.
  if (words == note_) return false;
  note_ = std::move(words);
  return true;
}

void Handshake::SendNote(Refusal::Reason reason, const Origin& origin,
                         Micros now) {
  if (!May(now, kNoteInterval, &next_note_)) return;
  reply_ = Reply::kNote;
  reply_reason_ = reason;
  reply_origin_ = origin;
}

void Handshake::AskLife(const Origin& origin, Micros now) {
  // Whoever is still there will speak again, so it takes nobody's turn.
  if (reply_ != Reply::kNone) return;
  if (!May(now, kAnswerInterval, &next_question_)) return;
  reply_ = Reply::kHello;
  reply_origin_ = origin;
}

std::string Handshake::Explain(Verdict verdict, const Header& header,
                               Micros now) const {
  switch (verdict) {
    case Verdict::kOtherAddress:
      return absl::StrCat(
          "it says that server ", options_.peer, " is at ",
          header.hello->url().empty() ? "no url" : header.hello->url(),
          "; this server's configuration has ", options_.peer_url);
    case Verdict::kOtherVersion:
      return ItSpeaks(*header.hello);
    case Verdict::kFutureLife: {
      const uint64_t start = std::max(header.src.start_us, header.dst.start_us);
      return absl::StrCat(header.src.start_us == start
                              ? "its life begins "
                              : "it names a life of this server that begins ",
                          (start - WallClock(now)) / kDayUs,
                          " days ahead of this server's clock");
    }
    default:
      return "";
  }
}

uint64_t Handshake::WallClock(Micros now) const {
  return static_cast<uint64_t>(std::max<Micros>(now + options_.clock_ahead, 0));
}

void Handshake::Refuse(const wire::Hello& hello) {
  if (!refused()) refused_why_ = ItSpeaks(hello);
}

wire::Hello Handshake::MakeHello() const {
  wire::Hello hello = HelloOf(options_);
  if (former_.has_value()) *hello.mutable_former() = *former_;
  return hello;
}

bool Handshake::Accept(const Life& src, const wire::Hello& hello) {
  refused_why_.clear();
  // One that comes late would turn back what is known by now.
  if (src == peer_ && hello.reload() <= peer_hello_.reload()) return false;
  if (src == peer_) peer_hello_.set_reload(hello.reload());
  const bool differs = hello.config_digest() != peer_hello_.config_digest() &&
                       hello.config_digest() != options_.config_digest;
  // All else that it said counts from the session on that is made with it.
  peer_hello_.set_config_digest(hello.config_digest());
  return differs;
}

Life Handshake::Establish(const Header& header) {
  const Life former = peer_;
  peer_ = header.src;
  peer_hello_ = *header.hello;
  // Anew for each life: what a former one wished for binds nobody.
  heartbeat_ = options_.heartbeat;
  if (const uint64_t theirs = peer_hello_.failure_timeout_us();
      theirs != 0 && theirs < static_cast<uint64_t>(options_.failure_timeout)) {
    heartbeat_ = std::min(heartbeat_, std::max(static_cast<Micros>(theirs) /
                                                   kHeartbeatsPerTimeout,
                                               kMinHeartbeat));
  }
  stranger_since_ = kNever;
  note_.clear();
  return former;
}

void Handshake::AnswerStale(const Origin& origin, Micros now) {
  if (!May(now, kAnswerInterval, &next_stale_)) return;
  reply_ = Reply::kStale;
  reply_origin_ = origin;
}

void Handshake::AnswerLife(const Life& src, bool alone, Micros now) {
  // It reaches us, and does not answer what we send: if that goes on, our own
  // connection leads astray, and is made anew.
  if (alone && stranger_since_ == kNever) stranger_since_ = now;
  if (!May(now, kAnswerInterval, &next_answer_)) return;
  answer_due_ = true;
  answer_to_ = src;
}

void Handshake::NextAnswer(uint64_t last_stamp, OutgoingFrame* out) {
  RAFT_DEBUG_ASSERT(owes_answer());
  const Reply reply = std::exchange(reply_, Reply::kNone);
  if (reply == Reply::kNone) {
    answer_due_ = false;
    out->header = HeaderTo(answer_to_);
  } else {
    out->reply = true;
    out->origin = reply_origin_;
    // With the newer life for its `dst`, by which the stale one learns that it
    // is; or with none, so that it makes no session.
    out->header = HeaderTo(reply == Reply::kStale ? newest() : Life());
  }
  // Always with a hello: the other end believes nothing of one it knows
  // nothing of.
  out->header.hello = MakeHello();
  if (reply == Reply::kNote) {
    out->header.hello->set_refused(reply_reason_);
  } else if (reply == Reply::kStale && peer_) {
    // It says nothing else of use, so what is owed to the newer life is still
    // owed.
    out->header.session = true;
    out->header.first = 1;
    out->header.stamp = last_stamp;
  }
}

void Handshake::NextHello(Micros now, OutgoingFrame* out) {
  const Micros jitter = static_cast<Micros>(
      random_.Below(static_cast<uint64_t>(hello_interval_ / 2)));
  hello_at_ = now + hello_interval_ * 3 / 4 + jitter;
  // Doubled, since most hellos go to peers that are not there, and a cluster is
  // made of many.
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

uint64_t Handshake::large_fragment_bytes() const {
  const uint64_t both =
      std::min(options_.fragment_bytes, peer_hello_.large_fragment_bytes());
  return both > kFragmentBytes ? both : 0;
}

uint64_t Handshake::fragment_bytes() const {
  return std::max<uint64_t>(large_fragment_bytes(), kFragmentBytes);
}

uint64_t Handshake::peer_fragment_bytes() const {
  const uint64_t large = large_fragment_bytes();
  return large > 0 ? large : FragmentBytes(peer_hello_);
}

void Handshake::HeldUp(Micros duration, Micros now) {
  ShiftSince(&stranger_since_, duration, now);
}

void Handshake::StartAgain(const Life& me, Micros now) {
  me_ = me;
  peer_ = newest_ = Life();
  peer_hello_.Clear();
  refused_why_.clear();
  note_.clear();
  stranger_since_ = kNever;
  answer_due_ = false;
  reply_ = Reply::kNone;
  heartbeat_ = options_.heartbeat;
  HelloAgain(now);
}

void Handshake::Rebirth(const Life& me, Micros now) {
  RAFT_ASSERT(!peer_);
  me_ = me;
  hello_at_ = now;
}

}  // namespace raft_cluster::internal
