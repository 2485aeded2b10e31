// The half of Pump that users call.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"
#include "raft/cluster/engine/pump.h"

namespace raft_cluster::internal {
namespace {

// After so many envelopes that were taken without a look at the clock comes one
// with it: what is owed for them may be due.
constexpr int kMaxTaken = 31;
// Envelopes that are dropped at a time.
constexpr size_t kDropped = 1024;

using Manner = Engine::Manner;

}  // namespace

absl::Status Interrupted() {
  return absl::CancelledError("the server was interrupted");
}

// Made once: it is for those who look again and again.
absl::Status NothingCame() {
  static const auto* const status = new absl::Status(
      absl::DeadlineExceededError("nothing came within the timeout"));
  return *status;
}

absl::Status Pump::Check(Pid to, size_t msg_bytes, absl::Duration timeout,
                         bool only_live) {
  MutexLock lock(mu_);
  absl::Status status =
      engine_.Check(to, msg_bytes, clock_.Now(),
                    only_live ? Manner::kLiveOnly : Manner::kAny);
  ShowNews();
  NotifyOfEvents();
  const bool full = status.code() == absl::StatusCode::kResourceExhausted;
  if (status.ok() || (full && timeout > absl::ZeroDuration())) {
    return absl::OkStatus();
  }
  engine_.CountRefused(to);
  if (full) engine_.OweRoom(to, msg_bytes);
  return status;
}

uint64_t Pump::Discard(Pid to) {
  MutexLock lock(mu_);
  const Inside inside(this);
  const uint64_t discarded = engine_.Discard(to, clock_.Now());
  ShowNews();
  NotifyOfEvents();  // And of the room.
  return discarded;
}

void Pump::CloseOutbox() {
  MutexLock lock(mu_);
  engine_.CloseOutbox();
  waiters_.changed.NotifyAll();
}

bool Pump::Seek(Quest quest, absl::Duration timeout, Micros* deadline) {
  while (!Found(quest)) {
    Micros now = clock_.Now();
    // Never 0, if it is not over already.
    if (*deadline == 0) *deadline = After(timeout, now);
    if (now >= *deadline) return false;
    if (leader_ == Leader::kNobody) {
      leader_ = Leader::kReceiver;
      loop_.keep_out.Began(now);
      do {
        PollAndSleep(quest, *deadline, &now);
      } while (!Found(quest) && now < *deadline);
      loop_.keep_out.Ended(now);
      StepDown();
    } else {
      ++waiters_.receivers;
      // The loop gives way to whoever receives, so that what comes is in the
      // right hands without a change of threads.
      if (leader_ == Leader::kLoop) WakeBy(0);
      // Waking unlocks: what we wait for may be there by now.
      if (leader_ != Leader::kNobody && !Found(quest)) {
        Wait(waiters_.received, *deadline);
      }
      --waiters_.receivers;
    }
  }
  return true;
}

// The time at which envelopes are taken need not be exact.
Micros Pump::TimeOfTaking() {
  if (++recent_.taken > kMaxTaken) {
    recent_.taken = 0;
    recent_.time = clock_.Now();
  }
  return recent_.time;
}

// It may be us who were told that nobody leads.
void Pump::PassOn() {
  if (leader_ != Leader::kNobody) return;
  if (waiters_.receivers > 0) {
    waiters_.received.NotifyOne();
  } else if (loop_.keep_out.wants_to_be_told()) {
    loop_.wake.NotifyOne();
  }
}

absl::StatusOr<size_t> Pump::Receive(
    absl::Duration timeout, size_t limit,
    absl::FunctionRef<void(Delivery&& received)> take, Pins pins) {
  if (limit == 0) {
    return absl::InvalidArgumentError(
        "receives up to 0 envelopes: the limit must be above 0");
  }
  MutexLock lock(mu_);
  const Inside inside(this);
  Micros deadline = 0;  // Not known before it is needed.
  for (;;) {
    const bool found = Seek(Quest::kEnvelopes, timeout, &deadline);
    if (interrupted_) {
      PassOn();
      return Interrupted();
    }
    bool sooner;
    const size_t count =
        engine_.TakeUpTo(limit, pins, TimeOfTaking(), take, &sooner);
    ShowNews();
    if (count > 0) {
      // Of the credit that this gives, the sleeping leader does not know.
      if (sooner && sleeper_.asleep()) WakeBy(engine_.Deadline());
      // Nor do those who wait for room in the total of this server.
      if (engine_.changes() != waiters_.seen_changes) NotifyWaiters();
      PassOn();
      return count;
    }
    // There was one, and another thread has it.
    if (found && engine_.inbox_open()) continue;
    PassOn();
    return engine_.inbox_open() ? NothingCame() : engine_.inbox_status();
  }
}

absl::Status Pump::WaitForPeers(int count, absl::Duration timeout) {
  const Micros deadline = After(timeout);
  MutexLock lock(mu_);
  if (count < 0 || static_cast<size_t>(count) > engine_.peer_count()) {
    return absl::InvalidArgumentError(
        absl::StrCat("waits for ", count, " peers, but the configuration has ",
                     engine_.peer_count()));
  }
  const Inside inside(this);
  ++waiters_.watchers;
  absl::Status status;
  for (;;) {
    if (interrupted_) {
      status = Interrupted();
      break;
    }
    if (state_ >= State::kClosing) {
      status = absl::FailedPreconditionError("the server is closed");
      break;
    }
    if (engine_.live_peers() >= count) break;
    if (clock_.Now() >= deadline) {
      status = absl::DeadlineExceededError(
          absl::StrCat("not up: server ", engine_.MissingPeers()));
      break;
    }
    Wait(waiters_.changed, deadline);
  }
  --waiters_.watchers;
  return status;
}

absl::StatusOr<Event> Pump::NextEvent(absl::Duration timeout) {
  const Micros deadline = After(timeout);
  MutexLock lock(mu_);
  const Inside inside(this);
  ++waiters_.watchers;
  absl::Status status = interrupted_ ? Interrupted() : absl::OkStatus();
  while (!engine_.has_event() && status.ok()) {
    // While a server drains, what becomes of its peers is still of interest.
    if (state_ >= State::kStopping) {
      status = absl::FailedPreconditionError("the server is closed");
    } else if (clock_.Now() >= deadline) {
      status = NothingCame();
    } else {
      Wait(waiters_.changed, deadline);
      if (interrupted_) status = Interrupted();
    }
  }
  --waiters_.watchers;
  if (!status.ok()) return status;
  Event event;
  engine_.NextEvent(&event);
  ShowNews();
  return event;
}

Stats Pump::GetStats() {
  MutexLock lock(mu_);
  const Micros now = clock_.Now();
  Stats stats = engine_.GetStats(now);
  if (state_ >= State::kClosing) stats.set_closed(true);
  // A leader that sleeps is late when it oversleeps, not before.
  const Micros due = std::max(turned_at_, sleeper_.until);
  stats.set_late_us(static_cast<uint64_t>(std::max<Micros>(now - due, 0)));
  return stats;
}

bool Pump::closing() {
  MutexLock lock(mu_);
  return state_ >= State::kClosing;
}

void Pump::Interrupt() {
  MutexLock lock(mu_);
  const Inside inside(this);
  interrupted_ = true;
  ShowNews();
  // A Close() under way is a call that waits like the others: it ends with what
  // it has, and says so.
  if (state_ == State::kClosing) {
    close_by_ = 0;
    close_cut_ = true;
  }
  waiters_.received.NotifyAll();
  waiters_.changed.NotifyAll();
  WakeBy(0);  // The leader may be a Receive().
}

bool Pump::interrupted() {
  MutexLock lock(mu_);
  return interrupted_;
}

Pump::Visit::Visit(Pump* pump) : pump_(*pump) {
  MutexLock lock(pump_.mu_);
  ++pump_.inside_;
}

Pump::Visit::~Visit() {
  if (pump_.InForkedChild()) return;  // Of a handler that forked.
  MutexLock lock(pump_.mu_);
  pump_.Leave();
}

void Pump::Leave() {
  if (--inside_ == 0 && interrupted_) waiters_.changed.NotifyAll();
}

void Pump::SeeOff() {
  MutexLock lock(mu_);
  RAFT_ASSERT(interrupted_);
  while (inside_ > 0) waiters_.changed.Wait(mu_);
}

void Pump::DropInbox() {
  MutexLock lock(mu_);
  RAFT_ASSERT(interrupted_);
  const auto drop = [](Delivery&&) {};
  bool sooner;
  while (engine_.TakeUpTo(kDropped, Pins::kOneForARun, clock_.Now(), drop,
                          &sooner) > 0) {
  }
  ShowNews();
}

absl::Status Pump::Close(absl::Duration timeout) {
  const Micros deadline = After(timeout);
  const Visit visit(this);
  {
    MutexLock lock(mu_);
    close_by_ = std::min(close_by_, deadline);
    if (state_ >= State::kClosing) {
      waiters_.changed.NotifyAll();  // It may be earlier than the first one's.
      ++waiters_.watchers;
      while (state_ != State::kClosed) waiters_.changed.Wait(mu_);
      --waiters_.watchers;
      return close_status_;
    }
    state_ = State::kClosing;
  }
  BeginClose();
  pump_.Lock();  // Says at least once that we leave, also with no time at all.
  mu_.Lock();
  Micros now = clock_.Now();
  SendDue(&now, /*sleeping=*/true, kSendLimit);
  pump_.Unlock();
  ++waiters_.watchers;
  while (!engine_.Left() && clock_.Now() < close_by_) {
    Wait(waiters_.changed, close_by_);
  }
  close_status_ = engine_.Abandon();
  if (close_cut_ && !close_status_.ok()) {
    close_status_ = absl::CancelledError(close_status_.message());
  }
  // From here on there will be no events. Those of the drain were still of
  // interest, which is why this is not said before.
  state_ = State::kStopping;
  ShowNews();
  loop_.wake.NotifyAll();
  waiters_.received.NotifyAll();
  waiters_.changed.NotifyAll();
  WakeBy(0);
  // Nobody may be inside the transport when it goes, nor on his way to wake it.
  while (leader_ != Leader::kNobody || sleeper_.wakers > 0) {
    waiters_.changed.Wait(mu_);
  }
  --waiters_.watchers;
  mu_.Unlock();
  if (thread_.joinable()) thread_.join();
  pump_.Lock();
  // Step() looks under this lock whether there still is one.
  transport_.reset();
  pump_.Unlock();
  MutexLock lock(mu_);
  state_ = State::kClosed;
  waiters_.changed.NotifyAll();
  return close_status_;
}

}  // namespace raft_cluster::internal
