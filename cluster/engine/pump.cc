#include "raft/cluster/engine/pump.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <utility>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

// Frames received before the other direction has its turn.
constexpr int kPollLimit = 64;
// Frames sent between two looks at the clock: what they say of the time is as
// exact as what it takes to send so many.
constexpr int kFramesPerLook = 8;
constexpr Micros kMaxSleep = 10000000;
// By how much a leader may be late before it counts as held up; half of the
// failure timeout, where that is less.
constexpr Micros kMaxLate = 100000;

}  // namespace

Pump::Pump(std::unique_ptr<Transport> transport, const EngineOptions& options,
           Clock& clock)
    : clock_(clock),
      transport_(std::move(transport)),
      verify_checksums_(!transport_->properties().proves_integrity),
      max_late_(std::min(kMaxLate, options.link.failure_timeout / 2)),
      engine_(options, clock.Now()),
      recorder_(engine_.recorder()),
      turned_at_(clock.Now()) {}

Pump::~Pump() { Close(absl::ZeroDuration()).IgnoreError(); }

absl::Status Pump::Connect(const TransportKeys& keys) {
  MutexLock pump(pump_);
  keys_ = keys;
  // A copy: mu_ is never held over a call of the transport.
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
  return StartThread([this] { Loop(); }, &thread_);
}

Micros Pump::After(absl::Duration timeout, Micros now) {
  if (timeout <= absl::ZeroDuration()) return 0;
  if (timeout >= absl::Hours(24 * 365)) return kNever;
  return now + absl::ToInt64Microseconds(timeout);
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
  // Before mu_ is taken: to hash and to read a frame takes longer than all that
  // the engine then does with it.
  ParsedFrame parsed;
  const ParseResult result = ParseFrame(frame, verify_checksums_, &parsed);
  MutexLock lock(mu_);
  engine_.OnFrame(origin, result, parsed, poll_time_);
  ShowNews();
}

void Pump::OnReset(Pid peer, bool up) {
  MutexLock lock(mu_);
  engine_.OnReset(peer, up, poll_time_);
  ShowNews();
}

void Pump::OnTrouble(Pid peer, const absl::Status& why) {
  MutexLock lock(mu_);
  engine_.OnTrouble(peer, std::string(why.message()), poll_time_);
  ShowNews();
}

void Pump::OnTurnedAway(TurnedAway why, Pid peer, const std::string& address) {
  MutexLock lock(mu_);
  engine_.OnTurnedAway(why, peer, address, poll_time_);
  ShowNews();
}

bool Pump::Turn(Quest quest, Micros* now) {
  *now = poll_time_ = clock_.Now();
  const bool more = transport_->Poll(kPollLimit, *this) == kPollLimit;
  std::vector<Pid> reconnect;
  mu_.Lock();
  // Before timers are looked at, or a pause of our own would make peers silent
  // that have long spoken again.
  if (poll_time_ > due_back_ && poll_time_ - due_back_ > max_late_) {
    engine_.HeldUp(poll_time_ - due_back_, poll_time_);
  }
  due_back_ = recent_.time = turned_at_ = poll_time_;
  engine_.Tick(poll_time_, &reconnect);
  ShowNews();
  // Who receives gets what has come before anything is acknowledged: its answer
  // may carry that along.
  const bool sleeping =
      !more && (quest == Quest::kNothing || engine_.inbox_empty());
  for (const Pid peer : reconnect) Reconnect(peer);
  EndLeavers();
  SendStuck();
  SendDue(now, sleeping, kSendLimit);
  return more;
}

void Pump::Reconnect(Pid peer) {
  const absl::optional<PeerSpec> spec = engine_.Reconnect(peer);
  if (!spec.has_value()) return;
  mu_.Unlock();
  // The url was good before; a failure now means that nothing is sent, and the
  // next attempt comes when the bound has passed once more.
  transport_->Connect(*spec).IgnoreError();
  mu_.Lock();
}

void Pump::SendStuck() {
  if (!engine_.has_stuck()) return;
  for (StuckFrame& stuck : engine_.TakeStuck()) {
    mu_.Unlock();
    const bool full =
        transport_->Send(stuck.peer, stuck.frame) == SendResult::kFull;
    mu_.Lock();
    // Any other answer ends the wait, too: what cannot go counts as lost, and
    // the session sends it again when there is a way.
    if (full) {
      engine_.KeepStuck(stuck.ref, std::move(stuck.frame));
    } else {
      engine_.SetBlocked(stuck.ref, false);
    }
  }
}

void Pump::SendDue(Micros* now, bool sleeping, int limit) {
  for (int sent = 0; sent < limit; ++sent) {
    Engine::Due due;
    if (sent > 0 && sent % kFramesPerLook == 0) *now = clock_.Now();
    // What another has found to be due by now, and leaves to us, is.
    *now = std::max(*now, engine_.now());
    const bool is_due = engine_.NextFrame(*now, sleeping, &due);
    ShowNews();
    if (!is_due) return;
    mu_.Unlock();
    // To encode and hash a frame takes long beside all that is done under the
    // lock.
    Frame frame = due.out.Encode();
    bool full = false;
    if (due.out.reply) {
      // An answer to a stranger is worth one attempt: it asks again.
      transport_->Reply(due.out.origin, frame);
    } else {
      // What is refused for any other reason counts as lost on the way.
      full = transport_->Send(due.peer, frame) == SendResult::kFull;
    }
    mu_.Lock();
    if (full) engine_.KeepStuck(due.ref, std::move(frame));
  }
}

void Pump::Flush(Micros now) {
  if (engine_.HasDueFrame(now, /*sleeping=*/false)) {
    // Who has it looks again under mu_ before it gives it up.
    if (!pump_.TryLock()) return;
    SendDue(&now, /*sleeping=*/false, kSendLimit);
    pump_.Unlock();
  }
  // Without a sleeper there is a leader that will look, or there is about to
  // be.
  if (sleeper_.asleep()) WakeBy(engine_.Deadline());
}

// ---- Leading and sleeping ---------------------------------------------------

void Pump::WakeBy(Micros deadline) {
  if (deadline >= sleeper_.until || state_ == State::kClosed) return;
  // Said before it wakes, so that the next one whose deadline is later need not
  // wake it again.
  sleeper_.until = deadline;
  ++sleeper_.wakers;
  mu_.Unlock();
  transport_->Wake();
  mu_.Lock();
  // Close() destroys the transport when nobody is in it any more.
  if (--sleeper_.wakers == 0 && state_ >= State::kStopping) {
    waiters_.changed.NotifyAll();
  }
}

void Pump::NotifyWaiters() {
  const bool runs = engine_.runs() != waiters_.seen_runs;
  const bool changes = engine_.changes() != waiters_.seen_changes;
  waiters_.seen_runs = engine_.runs();
  waiters_.seen_changes = engine_.changes();
  if ((runs || changes) && waiters_.receivers > 0) {
    waiters_.received.NotifyAll();
  }
  if (changes && waiters_.watchers > 0) waiters_.changed.NotifyAll();
}

void Pump::NotifyOfEvents() {
  if (engine_.changes() == waiters_.seen_changes) return;
  NotifyWaiters();
  // The leader itself may be who waits for it.
  if (sleeper_.quest == Quest::kAllForHandlers) WakeBy(0);
}

bool Pump::Found(Quest quest) const {
  if (interrupted_ && quest != Quest::kNothing) return true;
  switch (quest) {
    case Quest::kNothing:
      return waiters_.receivers > 0;  // Who will lead instead.
    case Quest::kAllForHandlers:
      if (engine_.EventIsNext() || !posts_.waiting.empty()) return true;
      ABSL_FALLTHROUGH_INTENDED;
    case Quest::kEnvelopes:
      return !engine_.inbox_empty() || !engine_.inbox_open();
  }
  return true;
}

// Between a poll that found everything out and a sleep there may have been only
// a Send(): what came meanwhile ends the sleep at once, so that to poll again
// before it would be a detour.
bool Pump::MaySleepAtOnce(Micros now) {
  return polled_out_ && state_ < State::kStopping &&
         now - due_back_ <= max_late_ && engine_.Deadline() > now &&
         !engine_.HasDueFrame(now, /*sleeping=*/true);
}

void Pump::PollAndSleep(Quest quest, Micros until, Micros* now) {
  RAFT_ASSERT(leader_ != Leader::kNobody);
  if (!MaySleepAtOnce(*now)) {
    mu_.Unlock();
    pump_.Lock();
    const bool more = Turn(quest, now);  // Locks mu_.
    pump_.Unlock();
    polled_out_ = !more;
    NotifyWaiters();
  }
  if (!polled_out_ || state_ >= State::kStopping ||
      engine_.HasDueFrame(*now, /*sleeping=*/false) || Found(quest)) {
    return;
  }
  // A turn takes little of what it sleeps: the time it began at is as good.
  sleeper_.until = std::min({engine_.Deadline(), until, *now + kMaxSleep});
  if (sleeper_.until > *now) {
    sleeper_.quest = quest;
    polled_out_ = false;
    due_back_ = sleeper_.until;
    const absl::Duration timeout = absl::Microseconds(sleeper_.until - *now);
    mu_.Unlock();
    transport_->Wait(timeout);
    mu_.Lock();
  }
  sleeper_.until = 0;
}

void Pump::StepDown() {
  leader_ = Leader::kNobody;
  if (waiters_.receivers > 0) waiters_.received.NotifyOne();
  if (state_ >= State::kStopping) waiters_.changed.NotifyAll();
}

void Pump::Step() {
  MutexLock pump(pump_);
  if (transport_ == nullptr) return;
  Micros now;
  Turn(Quest::kNothing, &now);  // Locks mu_.
  NotifyWaiters();
  mu_.Unlock();
}

Micros Pump::Deadline() {
  MutexLock lock(mu_);
  const Micros deadline = engine_.Deadline();
  // Who steps is not late before the time that he was told.
  due_back_ = std::max(due_back_, deadline);
  return deadline;
}

void Pump::BeginClose() {
  // Destroyed when mu_ is free again: what it holds may call us.
  std::deque<std::function<void(Context&)>> unrun;
  MutexLock lock(mu_);
  engine_.Leave(clock_.Now());
  ShowNews();
  unrun.swap(posts_.waiting);
  posts_.fd.Show(false);
  waiters_.received.NotifyAll();
  waiters_.changed.NotifyAll();
  loop_.wake.NotifyAll();
  WakeBy(0);
}

bool Pump::ReadyToClose() {
  MutexLock lock(mu_);
  return engine_.Left();
}

void Pump::Loop() {
  MutexLock lock(mu_);
  while (state_ < State::kStopping) {
    WaitForTurnOfLoop();
    if (state_ >= State::kStopping || leader_ != Leader::kNobody) continue;
    leader_ = Leader::kLoop;
    Micros now = clock_.Now();
    do {
      PollAndSleep(Quest::kNothing, kNever, &now);
    } while (state_ < State::kStopping && waiters_.receivers == 0);
    StepDown();
  }
}

// A Receive() that leads does all the work, and the loop does not get between
// two of them.
void Pump::WaitForTurnOfLoop() {
  while (state_ < State::kStopping) {
    const bool led = leader_ != Leader::kNobody || waiters_.receivers > 0;
    if (!led && state_ >= State::kClosing) return;
    const Micros until = loop_.keep_out.Look(clock_.Now(), led);
    if (until == 0) return;
    Wait(loop_.wake, until);
  }
}

}  // namespace raft_cluster::internal
