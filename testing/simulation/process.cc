#include "testing/simulation/process.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "testing/ledger.h"

namespace raft {
namespace {

constexpr int kMaxSends = 600;
constexpr Micros kSettlePace = 2000;

// One per thread, since a Pump's clock is a plain function.
thread_local Micros sim_now = 1;
Micros SimClock() { return sim_now; }

}  // namespace

void SetSimClock(Micros now) { sim_now = now; }

SimProcess::SimProcess(const SimWorld& world, ServerLife life,
                       uint64_t start_us, Observer* observer)
    : world_(world),
      life_(life),
      observer_(observer),
      sent_(world.history->AddSender(life)),
      took_(world.history->AddReceiver(life)),
      window_(world.engine.link.inbox_budget_bytes),
      budget_(world.engine.link.link_budget_bytes),
      sends_left_(kMaxSends) {
  EngineOptions options = world.engine;
  options.link.self = life.pid;
  options.life = {start_us, world.random->Next() | 1};
  options.seed = world.random->Next();
  std::vector<Pump::Peer> peers;
  for (Pid pid = 1; pid <= world.servers; ++pid) {
    if (pid == life.pid) continue;
    Url url;
    url.scheme = "sim";
    url.address = absl::StrCat(pid);
    options.peers.push_back({pid, url.ToString()});
    peers.push_back({pid, url});
  }
  std::unique_ptr<Transport> transport = world.network->Open(life.pid);
  transport_ = transport.get();
  const Micros now = world.network->now();
  SetSimClock(now);
  pump_ =
      std::make_unique<Pump>(std::move(transport), peers, options, &SimClock);
  pump_->Connect().IgnoreError();
  next_step_ = next_send_ = next_take_ = next_change_ = now;
}

SimProcess::~SimProcess() {
  if (pump_ != nullptr) Crash();
}

void SimProcess::Crash() {
  world_.network->Kill(transport_);
  transport_ = nullptr;
  pump_.reset();
}

Micros SimProcess::Next() const {
  if (paused_) return kNever;
  if (leaving_) return next_step_;
  return std::min({next_step_, next_send_, next_take_, next_change_});
}

void SimProcess::Act() {
  const Micros now = world_.network->now();
  SetSimClock(now);
  if (!leaving_) {
    if (now >= next_change_) ChangePaces();
    if (now >= next_send_) Send();
    if (now >= next_take_) Take();
  }
  Step();
}

void SimProcess::Wake() {
  const Micros now = world_.network->now();
  next_step_ = std::min(next_step_, now);
  if (next_take_ == kNever) next_take_ = now + take_pace_;
}

void SimProcess::Resume() {
  paused_ = false;
  Wake();
}

void SimProcess::Step() {
  pump_->Step();
  for (;;) {
    absl::StatusOr<Event> event = pump_->NextEvent(absl::ZeroDuration());
    if (!event.ok()) break;
    if (event->kind() == Event::SUPERSEDED) superseded_ = true;
    observer_->OnEvent(*this, *event);
  }
  next_step_ = std::max(pump_->Deadline(), world_.network->now() + 1);
}

// Logarithmic, so that every order of magnitude has its share.
Micros SimProcess::Pace(Micros fastest, Micros slowest) {
  Micros pace = fastest;
  while (pace < slowest && world_.random->Chance(0.75)) pace *= 2;
  return world_.random->Between(pace, 2 * pace);
}

void SimProcess::ChangePaces() {
  const Micros now = world_.network->now();
  send_pace_ = settling_ ? kNever : Pace(100, 500000);
  take_pace_ = settling_ ? kSettlePace : Pace(50, 1000000);
  next_change_ =
      settling_ ? kNever : now + world_.random->Between(100000, 3000000);
  next_send_ = settling_ ? kNever : now + send_pace_;
  next_take_ = now + take_pace_;
}

void SimProcess::Settle() {
  settling_ = true;
  next_change_ = world_.network->now();
}

std::string SimProcess::NewMessage(uint64_t id) {
  SimRandom& random = *world_.random;
  size_t most = 200;
  if (random.Chance(0.05)) most = 20000;
  if (random.Chance(0.01)) most = 300000;
  most = std::min<size_t>(most, world_.engine.link.max_envelope_bytes);
  std::string msg(random.Below(most + 1), static_cast<char>('a' + id % 26));
  return msg;
}

void SimProcess::Send() {
  SimRandom& random = *world_.random;
  next_send_ = --sends_left_ > 0 ? world_.network->now() + send_pace_ : kNever;
  Pid to = kBroadcast;
  if (random.Chance(0.7)) {
    to = static_cast<Pid>(1 +
                          random.Below(static_cast<uint64_t>(world_.servers)));
    if (to == life_.pid) return;
  }
  const uint64_t id = world_.history->NextId();
  const std::string msg = NewMessage(id);
  Outgoing envelope;
  envelope.id = id;
  envelope.broadcast = to == kBroadcast;
  envelope.msg =
      msg.size() < kReferenceBytes ? Bytes(nullptr, msg) : Bytes::Copy(msg);
  absl::StatusOr<Receipt> receipt =
      pump_->Send(to, envelope, absl::ZeroDuration());
  sent_.Sent(to, id, msg, receipt.ok() ? receipt->accepted : 0,
             receipt.ok() ? receipt->skipped : 0);
  if (receipt.ok()) accepted_ += static_cast<uint64_t>(receipt->accepted);
}

void SimProcess::Take() {
  next_take_ = world_.network->now() + take_pace_;
  const size_t limit = settling_ ? 10000 : 1 + world_.random->Below(50);
  absl::StatusOr<size_t> count =
      pump_->Receive(absl::ZeroDuration(), limit, [&](Received got) {
        took_.Took(got.from(), got.to(), got.id(), got.msg(),
                   got.incarnation());
        ++taken_;
        observer_->OnTaken(*this, got);
      });
  // Of an empty inbox nothing comes until something arrives.
  if (!count.ok() || *count < limit) next_take_ = kNever;
}

void SimProcess::BeginLeave() {
  SetSimClock(world_.network->now());
  leaving_ = true;
  pump_->BeginClose();
  Wake();
}

absl::Status SimProcess::FinishLeave() {
  SetSimClock(world_.network->now());
  absl::Status status = pump_->Close(absl::ZeroDuration());
  WriteAccount();
  return status;
}

bool SimProcess::AtRest() {
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    if (peer.ledger().in_flight() > 0 || peer.inbox_bytes() > 0) return false;
  }
  return true;
}

absl::Status SimProcess::Check() {
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    if (peer.inbox_bytes() > window_) {
      return absl::InternalError(absl::StrCat(
          "the inbox is beyond its window: ", peer.ShortDebugString()));
    }
    if (peer.queued_bytes() > budget_ && peer.ledger().in_flight() > 1) {
      return absl::InternalError(absl::StrCat(
          "the queue is beyond its budget: ", peer.ShortDebugString()));
    }
  }
  return CheckLedgers(stats);
}

void SimProcess::WriteAccount() {
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    world_.history->SetAccount(
        life_, peer.pid(), {peer.ledger().accepted(), peer.ledger().taken()});
  }
}

std::string SimProcess::Describe() {
  std::string text =
      absl::StrCat(life_.pid, ".", life_.number, paused_ ? " paused" : "",
                   superseded_ ? " superseded" : "", ":");
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    absl::StrAppend(&text, "\n    ", peer.ShortDebugString());
  }
  return text;
}

}  // namespace raft
