#include "raft/cluster/link/testing_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMaxFramesAtOnce = 10000;

wire::Frame ToProto(const Frame& frame) {
  wire::Frame proto;
  EXPECT_TRUE(proto.ParseFromString(std::string(frame.head.view()) +
                                    std::string(frame.body.view())));
  return proto;
}

}  // namespace

std::string Items(const std::vector<std::string>& msgs) {
  std::string items;
  uint64_t id = 0;
  for (const std::string& msg : msgs) AppendItem({++id, false, msg}, &items);
  return items;
}

// ---- One side --------------------------------------------------------------

LinkOptions Side::DefaultOptions(Pid self, Pid peer) {
  LinkOptions options;
  options.cluster = 77;
  options.config_digest = 5;
  options.self = self;
  options.peer = peer;
  options.self_url = absl::StrCat("test://", self);
  options.peer_url = absl::StrCat("test://", peer);
  options.link_budget_bytes = 1 << 20;
  options.inbox_budget_bytes = 1 << 20;
  options.max_envelope_bytes = 900000;
  return options;
}

Side::Side(const LinkOptions& options, Life life, Micros now)
    : options(options), life(life), now(now), link(options, life, now) {}

bool Side::Send(uint64_t id, const std::string& msg) {
  Outgoing envelope;
  envelope.id = id;
  envelope.msg = Bytes::Copy(msg);
  if (!link.HasRoom(envelope.cost())) {
    link.CountRefused();
    return false;
  }
  if (!link.CanJoin(envelope)) {
    link.Accept(envelope, now);
    return true;
  }
  const Micros frame = link.FrameDeadline(), tick = link.TickDeadline();
  link.Join(envelope);
  EXPECT_EQ(link.FrameDeadline(), frame) << "as if nothing had happened";
  EXPECT_EQ(link.TickDeadline(), tick);
  return true;
}

void Side::Take() {
  const Envelope envelope = inbox.front();
  inbox.pop_front();
  link.Take({envelope.session, 1, envelope.items, envelope.cost}, now);
}

void Side::TakeAll() {
  while (!inbox.empty()) Take();
}

void Side::Append(const std::vector<Event>& more) {
  events.insert(events.end(), more.begin(), more.end());
}

void Side::Deliver(const ItemRun& run) {
  Envelope envelope;
  envelope.life = link.peer_life();
  envelope.session = run.session;
  if (run.single) {
    envelope.id = run.id;
    envelope.broadcast = run.broadcast;
    envelope.msg = std::string(run.bytes.view());
    envelope.items = run.items;
    envelope.cost = envelope.msg.size() + kEnvelopeOverhead;
    inbox.push_back(envelope);
    delivered.push_back(envelope);
    return;
  }
  ItemReader reader(run.bytes.view());
  for (Item item; reader.Next(&item);) {
    envelope.id = item.id;
    envelope.broadcast = item.broadcast;
    envelope.msg = std::string(item.msg);
    envelope.items = 1;
    envelope.cost = item.cost();
    inbox.push_back(envelope);
    delivered.push_back(envelope);
  }
}

std::vector<OutgoingFrame> Side::SayFrames(bool sleeping) {
  std::vector<OutgoingFrame> frames;
  for (OutgoingFrame frame; link.NextFrame(now, sleeping, &frame);) {
    frames.push_back(frame);
    if (frames.size() >= kMaxFramesAtOnce) {
      ADD_FAILURE() << "speaks without end";
      break;
    }
  }
  EXPECT_GT(link.FrameDeadline(), now);
  Collect();
  return frames;
}

std::vector<wire::Frame> Side::Say(bool sleeping) {
  std::vector<wire::Frame> protos;
  for (const OutgoingFrame& frame : SayFrames(sleeping)) {
    protos.push_back(ToProto(frame.Encode()));
    echo = std::max<uint64_t>(echo, protos.back().stamp());
  }
  return protos;
}

wire::Frame Side::SayOne(bool sleeping) {
  const std::vector<wire::Frame> frames = Say(sleeping);
  EXPECT_EQ(frames.size(), 1u);
  return frames.empty() ? wire::Frame() : frames.front();
}

bool Side::Pass(Micros duration) {
  now += duration;
  const bool reconnect = link.Tick(now);
  Collect();
  return reconnect;
}

bool Side::HearFrame(const Frame& frame) {
  ParsedFrame parsed;
  EXPECT_EQ(ParseFrame(frame, true, &parsed), ParseResult::kOk);
  return HearParsed(parsed);
}

bool Side::HearParsed(const ParsedFrame& parsed) {
  effects = link.OnFrame(parsed, origin, now);
  Append(effects.events_before);
  for (const ItemRun& run : effects.runs) Deliver(run);
  Append(effects.events_after);
  return effects.newer_self;
}

bool Side::Hear(const Header& header, const std::string& items) {
  return HearFrame(EncodeFrame(header, {}, Bytes::Copy(items)));
}

Header Side::Hello() const {
  Header header;
  header.cluster = options.cluster;
  header.from = options.peer;
  header.to = options.self;
  header.src = peer_life;
  header.hello.emplace();
  header.hello->set_version(kNewestVersion);
  header.hello->set_url(options.peer_url);
  header.hello->set_config_digest(options.config_digest);
  header.hello->set_window_bytes(options.inbox_budget_bytes);
  header.hello->set_max_envelope_bytes(options.max_envelope_bytes);
  return header;
}

Header Side::Answer() const {
  Header header = Hello();
  header.dst = life;
  return header;
}

Header Side::FromPeer() {
  Header header = Answer();
  header.session = true;
  header.first = 1;
  header.stamp = ++peer_stamp;
  header.echo = echo;
  return header;
}

wire::Frame Side::Open(uint64_t credit) {
  Header header = FromPeer();
  header.credit = credit;
  Hear(header);
  const std::vector<wire::Frame> frames = Say();
  EXPECT_EQ(link.phase(), Link::Phase::kOpen);
  return frames.empty() ? wire::Frame() : frames.back();
}

std::vector<Event> Side::TakeEvents() {
  std::vector<Event> taken;
  taken.swap(events);
  return taken;
}

int Side::CountEvents(Event::Kind kind) const {
  return static_cast<int>(
      std::count_if(events.begin(), events.end(),
                    [&](const Event& event) { return event.kind() == kind; }));
}

Event Side::OnlyEvent(Event::Kind kind) const {
  EXPECT_EQ(CountEvents(kind), 1) << Event::Kind_Name(kind);
  for (const Event& event : events) {
    if (event.kind() == kind) return event;
  }
  return Event();
}

PeerStats Side::Stats() const {
  PeerStats stats;
  link.FillStats(now, &stats);
  return stats;
}

uint64_t Side::Refused(Refusal::Reason reason) const {
  const PeerStats stats = Stats();
  for (const Refusal& refusal : stats.refused_frames()) {
    if (refusal.reason() == reason) return refusal.count();
  }
  return 0;
}

void Side::ExpectBalance() const {
  const Ledger ledger = Stats().ledger();
  EXPECT_EQ(ledger.accepted(), ledger.taken() + ledger.voided() +
                                   ledger.abandoned() + ledger.in_flight());
  EXPECT_EQ(ledger.offered(),
            ledger.accepted() + ledger.skipped() + ledger.refused());
}

// ---- Two sides -------------------------------------------------------------

Pair::Pair(const LinkOptions& a_options, const LinkOptions& b_options)
    : a(a_options, {100, 1}),
      b_owner(std::make_unique<Side>(b_options, Life{200, 2})),
      b_options_(b_options) {}

void Pair::Speak(Side* side) {
  const bool from_a = side == &a;
  side->Pass(0);
  for (const OutgoingFrame& frame : side->SayFrames()) {
    const wire::Frame proto = ToProto(frame.Encode());
    ++frames;
    if (proto.items_size() > 0) ++data_frames;
    if (lose && lose(from_a, proto)) continue;
    wire_.emplace(
        now + latency,
        Travelling{from_a, encode ? encode(from_a, frame) : frame.Encode()});
  }
}

void Pair::Pass(Micros duration) {
  const Micros end = now + duration;
  for (int rounds = 0;; ++rounds) {
    ASSERT_LT(rounds, 1000000) << "busy without end";
    a.now = b().now = now;
    while (!wire_.empty() && wire_.begin()->first <= now) {
      const Travelling arrived = wire_.begin()->second;
      wire_.erase(wire_.begin());
      (arrived.from_a ? b() : a).HearFrame(arrived.frame);
    }
    if (reads_at_once) {
      a.TakeAll();
      b().TakeAll();
    }
    Speak(&a);
    Speak(&b());
    a.ExpectBalance();
    b().ExpectBalance();
    Micros next = std::min(a.Deadline(), b().Deadline());
    ASSERT_GT(next, now) << "wants to be called again at once";
    if (!wire_.empty()) next = std::min(next, wire_.begin()->first);
    if (next > end) break;
    now = next;
  }
  now = end;
  a.now = b().now = now;
}

void Pair::Open() {
  a.link.OnReset(/*up=*/true, now);
  b().link.OnReset(/*up=*/true, now);
  Pass(10 * latency);
  ASSERT_EQ(a.link.phase(), Link::Phase::kOpen);
  ASSERT_EQ(b().link.phase(), Link::Phase::kOpen);
}

void Pair::RestartB(Life life) { RestartB(life, b_options_); }

void Pair::RestartB(Life life, const LinkOptions& options) {
  b_owner = std::make_unique<Side>(options, life, now);
}

}  // namespace raft_cluster::internal
