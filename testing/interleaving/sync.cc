#include "raft/testing/interleaving/sync.h"

#include <algorithm>
#include <utility>

namespace raft_cluster::internal::interleaving {

// ---- Mutex ------------------------------------------------------------------

Mutex::~Mutex() {
  Schedule::Current().Check(holder_ == kNobody, "a held lock is destroyed");
}

void Mutex::Take() {
  holder_ = Schedule::Current().running();
  taken_at_ = Schedule::Current().steps();
  ++Schedule::Current().locks_held();
}

void Mutex::GiveUp() {
  Schedule& schedule = Schedule::Current();
  schedule.Check(holder_ == schedule.running(),
                 "a lock is released by who does not hold it");
  --schedule.locks_held();
  holder_ = kNobody;
}

void Mutex::Lock(const char* where) {
  Schedule::Current().WaitUntil({"locks", name_, where},
                                [this] { return holder_ == kNobody; });
  Take();
}

// TryLock() tells whether this has happened. Where the holder has not passed
// any point, no other thread could have come between anyway.
void Mutex::Unlock(const char* where) {
  Schedule& schedule = Schedule::Current();
  if (schedule.steps() != taken_at_) schedule.Point({"unlocks", name_, where});
  GiveUp();
}

bool Mutex::TryLock(const char* where) {
  Schedule::Current().Point({"tries to lock", name_, where});
  if (holder_ != kNobody) return false;
  Take();
  return true;
}

// ---- CondVar ----------------------------------------------------------------

CondVar::~CondVar() {
  Schedule::Current().Check(waiters_.empty(),
                            "a condition is destroyed that is waited for");
}

void CondVar::Wait(Mutex& mu, const char* where) {
  WaitUntil(mu, kNever, where);
}

void CondVar::WaitFor(Mutex& mu, std::chrono::microseconds timeout,
                      const char* where) {
  WaitUntil(mu, Schedule::Current().now() + timeout.count(), where);
}

// To be told, or late, and to have the lock again is one step: between the two
// there is nothing that others could notice.
void CondVar::WaitUntil(Mutex& mu, Micros deadline, const char* where) {
  Schedule& schedule = Schedule::Current();
  bool told = false;
  waiters_.push_back(&told);
  mu.GiveUp();
  schedule.WaitUntil(
      {"waits for", name_, where},
      [&] {
        return (told || schedule.now() >= deadline) &&
               mu.holder_ == Mutex::kNobody;
      },
      deadline);
  waiters_.erase(std::remove(waiters_.begin(), waiters_.end(), &told),
                 waiters_.end());
  mu.Take();
}

// Who waits does not change while the lock is held that they wait with.
void CondVar::PointUnlessLocked(const Schedule::Step& step) {
  Schedule& schedule = Schedule::Current();
  if (schedule.locks_held() == 0) schedule.Point(step);
}

void CondVar::NotifyOne(const char* where) {
  PointUnlessLocked({"notifies one of", name_, where});
  if (waiters_.empty()) return;
  const auto chosen = waiters_.begin() + Schedule::Current().Choose(
                                             static_cast<int>(waiters_.size()));
  **chosen = true;
  waiters_.erase(chosen);
}

void CondVar::NotifyAll(const char* where) {
  PointUnlessLocked({"notifies all of", name_, where});
  for (bool* told : waiters_) *told = true;
  waiters_.clear();
}

// ---- Thread -----------------------------------------------------------------

Thread::Thread(std::function<void()> body, const char* where)
    : id_(Schedule::Current().Start({where, std::move(body)})) {}

Thread::~Thread() {
  Schedule::Current().Check(!joinable(), "a thread is destroyed that runs");
}

Thread& Thread::operator=(Thread&& other) {
  Schedule::Current().Check(!joinable(), "a thread is lost that runs");
  id_ = std::exchange(other.id_, 0);
  return *this;
}

void Thread::join() { Schedule::Current().Join(std::exchange(id_, 0)); }

absl::Status StartThread(std::function<void()> body, Thread* thread,
                         const char* where) {
  *thread = Thread(std::move(body), where);
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal::interleaving
