// A mutex and its lock with the annotations that clang's -Wthread-safety
// checks. What is done under a lock here is mostly so short that to take it is
// much of the price, so the way of whoever finds it free is inline. absl::Mutex
// is not used because ThreadSanitizer cannot see into an abseil that was built
// without it, and reports correct programs.
//
//   Mutex mu_;
//   int count_ ABSL_GUARDED_BY(mu_) = 0;
//   ...
//   MutexLock lock(mu_);
//   ++count_;
//
// Thread rule: any thread.
#ifndef RAFT_BASE_MUTEX_H_
#define RAFT_BASE_MUTEX_H_

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>

#include "absl/base/thread_annotations.h"

namespace raft_cluster::internal {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    if (!TryLock()) LockTaken();
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    if (state_.exchange(kFree, std::memory_order_release) == kWantedToo) {
      WakeOne();
    }
  }
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    uint32_t free = kFree;
    return state_.compare_exchange_strong(
        free, kTaken, std::memory_order_acquire, std::memory_order_relaxed);
  }

 private:
  // As "Mutex 2" of Drepper's "Futexes are tricky" has them.
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kTaken = 1;
  static constexpr uint32_t kWantedToo = 2;  // Somebody may sleep for it.

  void LockTaken() ABSL_EXCLUSIVE_LOCK_FUNCTION();
  void WakeOne();

  std::atomic<uint32_t> state_{kFree};
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) {
    mu_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

// Wake-ups may come for no reason: always wait in a loop over a condition.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  // REQUIRES: `mu` is held; it is released while waiting and held on return.
  void Wait(Mutex& mu) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // Also returns after `timeout`.
  void WaitFor(Mutex& mu, std::chrono::microseconds timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // Where nobody waits this is no system call.
  void NotifyOne() { Notify(1); }
  void NotifyAll() { Notify(INT32_MAX); }

 private:
  void Notify(int32_t most);

  std::atomic<uint32_t> told_{0};  // How often, for who is about to sleep.
  std::atomic<int32_t> waiting_{0};
};

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_MUTEX_H_
