#include "raft/cluster/engine/pump.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <utility>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

// Frames received before the other direction has its turn.
constexpr int kPollLimit = 64;
// The loop keeps out for this long after a Receive() has polled: the next one
// is likely to come.
constexpr Micros kKeepOut = 1000;
// After so many of these in one and the same Receive() it sleeps until told.
constexpr int kKeepOutTurns = 20;
constexpr Micros kMaxSleep = 10000000;
// By how much a poller may be late before it counts as held up.
constexpr Micros kMaxLate = 100000;

}  // namespace

Pump::Pump(std::unique_ptr<Transport> transport, const EngineOptions& options,
           Clock& clock)
    : clock_(clock),
      transport_(std::move(transport)),
      verify_checksums_(!transport_->properties().proves_integrity),
      engine_(options, clock.Now()) {}

Pump::~Pump() { Close(absl::ZeroDuration()).IgnoreError(); }

absl::Status Pump::Connect() {
  MutexLock pump(pump_);
  std::vector<PeerSpec> specs;
  {
    MutexLock lock(mu_);
    specs = engine_.Specs();
  }
  for (const PeerSpec& peer : specs) {
    if (absl::Status status = transport_->Connect(peer); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("server ", peer.pid, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status Pump::Start() {
  return StartThread([this] { Loop(); }, &loop_);
}

Micros Pump::After(absl::Duration timeout) const {
  if (timeout <= absl::ZeroDuration()) return 0;
  if (timeout >= absl::Hours(24 * 365)) return kNever;
  return clock_.Now() + absl::ToInt64Microseconds(timeout);
}

void Pump::Wait(CondVar& condition, Micros deadline) {
  if (deadline == kNever) {
    condition.Wait(mu_);
  } else {
    condition.WaitFor(mu_, std::chrono::microseconds(
                               std::max<Micros>(deadline - clock_.Now(), 0)));
  }
}

// ---- The transport's side ---------------------------------------------------

void Pump::OnFrame(const Origin& origin, Frame frame) {
  ParsedFrame parsed;
  const ParseResult result = ParseFrame(frame, verify_checksums_, &parsed);
  MutexLock lock(mu_);
  engine_.OnFrame(origin, result, parsed, poll_time_);
}

void Pump::OnReset(Pid peer, bool up) {
  MutexLock lock(mu_);
  engine_.OnReset(peer, up, poll_time_);
}

void Pump::OnTrouble(Pid peer, const absl::Status& why) {
  MutexLock lock(mu_);
  engine_.OnTrouble(peer, std::string(why.message()));
}

void Pump::OnTurnedAway(TurnedAway why, Pid peer, const std::string& address) {
  MutexLock lock(mu_);
  engine_.OnTurnedAway(why, peer, address);
}

// True: there may be more to do at once.
bool Pump::Turn(Quest quest) {
  poll_time_ = clock_.Now();
  const bool more = transport_->Poll(kPollLimit, *this) == kPollLimit;
  std::vector<Pid> reconnect;
  bool sleeping;
  {
    MutexLock lock(mu_);
    if (poll_time_ > due_back_ && poll_time_ - due_back_ > kMaxLate) {
      engine_.HeldUp(poll_time_ - due_back_, poll_time_);
    }
    due_back_ = recent_ = poll_time_;
    engine_.Tick(poll_time_, &reconnect);
    // Who receives gets what has come before anything is acknowledged: its
    // answer may carry that along.
    sleeping = !more && (quest == Quest::kNothing || engine_.inbox_empty());
    send_wanted_ = false;
  }
  for (Pid peer : reconnect) Reconnect(peer);
  SendStuck();
  SendDue(sleeping, kSendLimit);
  return more;
}

void Pump::Reconnect(Pid peer) {
  absl::optional<PeerSpec> spec;
  {
    MutexLock lock(mu_);
    spec = engine_.Reconnect(peer);
  }
  // The url was good before; a failure now means that nothing is sent, and the
  // next attempt comes when the bound has passed once more.
  if (spec.has_value()) transport_->Connect(*spec).IgnoreError();
}

void Pump::SendStuck() {
  std::vector<StuckFrame> all;
  {
    MutexLock lock(mu_);
    if (!engine_.has_stuck()) return;
    all = engine_.TakeStuck();
  }
  for (StuckFrame& stuck : all) {
    const bool full =
        transport_->Send(stuck.peer, stuck.frame) == SendResult::kFull;
    MutexLock lock(mu_);
    if (full) {
      engine_.KeepStuck(stuck.ref, std::move(stuck.frame));
    } else {
      engine_.SetBlocked(stuck.ref, false);
    }
  }
}

void Pump::SendDue(bool sleeping, int limit) {
  for (int sent = 0; sent < limit; ++sent) {
    Engine::Due due;
    {
      MutexLock lock(mu_);
      if (!engine_.NextFrame(clock_.Now(), sleeping, &due)) return;
    }
    Frame frame = due.out.Encode();
    if (due.out.reply) {
      // An answer to a stranger is worth one attempt: it asks again.
      transport_->Reply(due.out.origin, frame);
      continue;
    }
    // What is refused for any other reason counts as lost on the way.
    if (transport_->Send(due.peer, frame) != SendResult::kFull) continue;
    MutexLock lock(mu_);
    engine_.KeepStuck(due.ref, std::move(frame));
  }
}

void Pump::TrySendDue() {
  for (;;) {
    if (!pump_.TryLock()) return;  // Whoever has it looks again.
    if (transport_ != nullptr) {
      {
        MutexLock lock(mu_);
        send_wanted_ = false;
      }
      SendDue(/*sleeping=*/false, kSendLimit);
    }
    pump_.Unlock();
    MutexLock lock(mu_);
    if (send_wanted_ && !closed_) continue;
    if (sleep_until_ != 0) WakeBy(engine_.Deadline());
    return;
  }
}

// ---- Polling and sleeping ---------------------------------------------------

void Pump::WakeBy(Micros deadline) {
  if (deadline >= sleep_until_ || closed_) return;
  sleep_until_ = deadline;
  ++wakers_;
  mu_.Unlock();
  transport_->Wake();
  mu_.Lock();
  if (--wakers_ == 0 && stop_) changed_.NotifyAll();
}

void Pump::NotifyWaiters() {
  const bool runs = engine_.runs() != seen_runs_;
  const bool changes = engine_.changes() != seen_changes_;
  seen_runs_ = engine_.runs();
  seen_changes_ = engine_.changes();
  if ((runs || changes) && receivers_ > 0) received_.NotifyAll();
  if (changes && watchers_ > 0) changed_.NotifyAll();
}

bool Pump::Found(Quest quest) const {
  switch (quest) {
    case Quest::kNothing:
      return receivers_ > 0;  // Who will poll instead.
    case Quest::kEnvelopesAndEvents:
      if (engine_.EventIsNext()) return true;
      ABSL_FALLTHROUGH_INTENDED;
    case Quest::kEnvelopes:
      return !engine_.inbox_empty() || !engine_.inbox_status().ok();
  }
  return true;
}

// Between a poll that found everything out and a sleep there may have been only
// a Send(): what came meanwhile ends the sleep at once, so that to poll again
// before it would be a detour.
bool Pump::MaySleepAtOnce() {
  const Micros now = clock_.Now();
  return polled_out_ && !send_wanted_ && !stop_ &&
         now - due_back_ <= kMaxLate && engine_.Deadline() > now &&
         !engine_.HasDueFrame(now, /*sleeping=*/true);
}

void Pump::PollAndSleep(Quest quest, Micros until) {
  if (!MaySleepAtOnce()) {
    mu_.Unlock();
    pump_.Lock();
    const bool more = Turn(quest);
    pump_.Unlock();
    mu_.Lock();
    polled_out_ = !more;
    NotifyWaiters();
  }
  const Micros now = clock_.Now();
  if (!polled_out_ || send_wanted_ || stop_ ||
      engine_.HasDueFrame(now, /*sleeping=*/false) || Found(quest)) {
    return;
  }
  sleep_until_ = std::min({engine_.Deadline(), until, now + kMaxSleep});
  if (sleep_until_ > now) {
    polled_out_ = false;
    due_back_ = sleep_until_;
    const absl::Duration timeout = absl::Microseconds(sleep_until_ - now);
    mu_.Unlock();
    transport_->Wait(timeout);
    mu_.Lock();
  }
  sleep_until_ = 0;
}

void Pump::ReleasePolling() {
  poller_ = Poller::kNobody;
  if (receivers_ > 0) received_.NotifyOne();
  if (stop_) changed_.NotifyAll();
}

void Pump::Step() {
  MutexLock pump(pump_);
  if (transport_ != nullptr) Turn(Quest::kNothing);
  MutexLock lock(mu_);
  NotifyWaiters();
}

Micros Pump::Deadline() {
  MutexLock lock(mu_);
  const Micros deadline = engine_.Deadline();
  due_back_ = std::max(due_back_, deadline);
  return deadline;
}

void Pump::BeginClose() {
  MutexLock lock(mu_);
  engine_.Leave();
  received_.NotifyAll();
  changed_.NotifyAll();
  loop_wake_.NotifyAll();
  WakeBy(0);
}

bool Pump::ReadyToClose() {
  MutexLock lock(mu_);
  return engine_.Left();
}

void Pump::Loop() {
  MutexLock lock(mu_);
  while (!stop_) {
    WaitForTurnOfLoop();
    if (stop_ || poller_ != Poller::kNobody) continue;
    poller_ = Poller::kLoop;
    do {
      PollAndSleep(Quest::kNothing, kNever);
    } while (!stop_ && receivers_ == 0);
    ReleasePolling();
  }
}

// A Receive() that polls does all the work; between two of them the loop waits
// for a moment, so that it does not get between. It looks by itself, since to
// be told each time would cost every Receive() a system call; only of one that
// goes on for long it wants to be told.
void Pump::WaitForTurnOfLoop() {
  for (int turns = 0; !stop_;) {
    const Micros now = clock_.Now();
    if (poller_ == Poller::kNobody && receivers_ == 0) {
      if (closing_ || now >= received_at_ + kKeepOut) return;
      Wait(loop_wake_, received_at_ + kKeepOut);
      turns = 0;
    } else if (turns < kKeepOutTurns) {
      ++turns;
      Wait(loop_wake_, now + kKeepOut);
    } else {
      loop_idle_ = true;
      loop_wake_.Wait(mu_);
      loop_idle_ = false;
    }
  }
}

}  // namespace raft_cluster::internal
