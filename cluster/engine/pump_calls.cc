// The half of Pump that users call.
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/cluster/engine/pump.h"

namespace raft_cluster::internal {
namespace {

// After so many envelopes that went without a look at the clock comes one with
// it: their frame may be due.
constexpr int kMaxJoined = 31;
// The same for those that were taken: what is owed for them may be.
constexpr int kMaxTaken = 31;

// Answers to those who look again and again: made once.
absl::Status NothingCame() {
  static const auto* const status = new absl::Status(
      absl::DeadlineExceededError("nothing came within the timeout"));
  return *status;
}

}  // namespace

absl::StatusOr<Acceptance> Pump::Send(Pid to, const Outgoing& envelope,
                                      absl::Duration timeout) {
  const bool waits = timeout > absl::ZeroDuration();
  Micros deadline = 0;  // Not known before it is needed.
  absl::StatusOr<Acceptance> receipt;
  {
    MutexLock lock(mu_);
    if (joined_ < kMaxJoined) {
      if (const int links = engine_.Join(to, envelope); links > 0) {
        ++joined_;
        return Acceptance{links, 0};
      }
    }
    joined_ = 0;
    for (;;) {
      const Micros now = clock_.Now();
      receipt = engine_.Offer(to, envelope, now);
      if (receipt.ok()) {
        if (!engine_.HasDueFrame(now, /*sleeping=*/false)) {
          if (sleep_until_ != 0) WakeBy(engine_.Deadline());
          return receipt;
        }
        send_wanted_ = true;
        break;
      }
      const bool full =
          receipt.status().code() == absl::StatusCode::kResourceExhausted;
      if (full && deadline == 0) deadline = After(timeout);
      if (!full || now >= deadline) {
        engine_.CountRefused(to);
        if (!full || !waits) return receipt;
        return absl::DeadlineExceededError(receipt.status().message());
      }
      ++watchers_;
      Wait(changed_, deadline);
      --watchers_;
    }
  }
  TrySendDue();
  return receipt;
}

void Pump::CloseOutbox() {
  MutexLock lock(mu_);
  engine_.CloseOutbox();
  changed_.NotifyAll();
}

bool Pump::Seek(Quest quest, Micros deadline) {
  while (!Found(quest)) {
    if (clock_.Now() >= deadline) return false;
    if (poller_ == Poller::kNobody) {
      poller_ = Poller::kReceive;
      do {
        PollAndSleep(quest, deadline);
      } while (!Found(quest) && clock_.Now() < deadline);
      received_at_ = clock_.Now();
      ReleasePolling();
    } else {
      ++receivers_;
      if (poller_ == Poller::kLoop) WakeBy(0);
      // Waking unlocks: what we wait for may be there by now.
      if (poller_ != Poller::kNobody && !Found(quest)) {
        Wait(received_, deadline);
      }
      --receivers_;
    }
  }
  return true;
}

Micros Pump::RecentTime() {
  if (++taken_ > kMaxTaken) {
    taken_ = 0;
    recent_ = clock_.Now();
  }
  return recent_;
}

// It may be us who were told that nobody polls.
void Pump::PassOn() {
  if (poller_ != Poller::kNobody) return;
  if (receivers_ > 0) {
    received_.NotifyOne();
  } else if (loop_idle_) {
    loop_wake_.NotifyOne();
  }
}

absl::StatusOr<size_t> Pump::Receive(
    absl::Duration timeout, size_t limit,
    absl::FunctionRef<void(Delivery&& received)> take) {
  MutexLock lock(mu_);
  Micros deadline = 0;  // Not known before it is needed.
  for (;;) {
    bool found = Found(Quest::kEnvelopes);
    if (!found) {
      if (deadline == 0) deadline = After(timeout);
      found = Seek(Quest::kEnvelopes, deadline);
    }
    bool sooner;
    const size_t count = engine_.TakeUpTo(limit, RecentTime(), take, &sooner);
    if (count > 0) {
      // Of the credit that this gives, the sleeping poller does not know.
      if (sooner && sleep_until_ != 0) WakeBy(engine_.Deadline());
      PassOn();
      return count;
    }
    const absl::Status& status = engine_.inbox_status();
    if (found && status.ok()) continue;
    PassOn();
    if (!status.ok()) return status;
    return NothingCame();
  }
}

absl::Status Pump::ReceiveNext(absl::Duration timeout,
                               absl::optional<Delivery>* received,
                               absl::optional<Event>* event) {
  const Micros deadline = After(timeout);
  MutexLock lock(mu_);
  Seek(Quest::kEnvelopesAndEvents, deadline);
  absl::Status status;
  if (engine_.EventIsNext()) {
    engine_.NextEvent(&event->emplace());
  } else if (engine_.Take(&received->emplace(), clock_.Now())) {
    if (sleep_until_ != 0) WakeBy(engine_.Deadline());
  } else {
    received->reset();
    status = engine_.inbox_status();
    if (status.ok()) status = NothingCame();
  }
  PassOn();
  return status;
}

absl::Status Pump::WaitForPeers(int count, absl::Duration timeout) {
  const Micros deadline = After(timeout);
  MutexLock lock(mu_);
  if (count < 0 || static_cast<size_t>(count) > engine_.peer_count()) {
    return absl::InvalidArgumentError(
        absl::StrCat("waits for ", count, " peers, but the configuration has ",
                     engine_.peer_count()));
  }
  ++watchers_;
  absl::Status status;
  for (;;) {
    if (closing_) {
      status = absl::FailedPreconditionError("the server is closed");
      break;
    }
    if (engine_.live_peers() >= count) break;
    if (clock_.Now() >= deadline) {
      status = absl::DeadlineExceededError(
          absl::StrCat("not up: server ", engine_.MissingPeers()));
      break;
    }
    Wait(changed_, deadline);
  }
  --watchers_;
  return status;
}

absl::StatusOr<Event> Pump::NextEvent(absl::Duration timeout) {
  const Micros deadline = After(timeout);
  MutexLock lock(mu_);
  ++watchers_;
  absl::Status status;
  while (!engine_.has_event() && status.ok()) {
    if (closing_) {
      status = absl::FailedPreconditionError("the server is closed");
    } else if (clock_.Now() >= deadline) {
      status = NothingCame();
    } else {
      Wait(changed_, deadline);
    }
  }
  --watchers_;
  if (!status.ok()) return status;
  Event event;
  engine_.NextEvent(&event);
  return event;
}

Stats Pump::GetStats() {
  MutexLock lock(mu_);
  return engine_.GetStats(clock_.Now());
}

bool Pump::closing() {
  MutexLock lock(mu_);
  return closing_;
}

absl::Status Pump::Close(absl::Duration timeout) {
  const Micros deadline = After(timeout);
  {
    MutexLock lock(mu_);
    if (closing_) {
      ++watchers_;
      while (!closed_) changed_.Wait(mu_);
      --watchers_;
      return close_status_;
    }
    closing_ = true;
  }
  BeginClose();
  pump_.Lock();  // Says at least once that we leave, also with no time at all.
  SendDue(/*sleeping=*/true, kSendLimit);
  pump_.Unlock();
  {
    MutexLock lock(mu_);
    ++watchers_;
    while (!engine_.Left() && clock_.Now() < deadline) Wait(changed_, deadline);
    close_status_ = engine_.Abandon();
    stop_ = true;
    loop_wake_.NotifyAll();
    received_.NotifyAll();
    WakeBy(0);
    while (poller_ != Poller::kNobody || wakers_ > 0) changed_.Wait(mu_);
    --watchers_;
  }
  if (loop_.joinable()) loop_.join();
  pump_.Lock();
  transport_.reset();
  pump_.Unlock();
  MutexLock lock(mu_);
  closed_ = true;
  changed_.NotifyAll();
  return close_status_;
}

}  // namespace raft_cluster::internal
