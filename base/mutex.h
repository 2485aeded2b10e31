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

// Tells ThreadSanitizer, which knows the locks of the system alone, that this
// is one: it then finds locks that are taken in two orders, too.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define RAFT_TSAN_MUTEX(what, ...) __tsan_mutex_##what(this, __VA_ARGS__)
#endif
#endif
#ifndef RAFT_TSAN_MUTEX
#define RAFT_TSAN_MUTEX(what, ...) static_cast<void>(0)
#endif

namespace raft_cluster::internal {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() { RAFT_TSAN_MUTEX(create, __tsan_mutex_not_static); }
  ~Mutex() { RAFT_TSAN_MUTEX(destroy, __tsan_mutex_not_static); }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    RAFT_TSAN_MUTEX(pre_lock, 0);
    if (!TakeFree()) LockTaken();
    RAFT_TSAN_MUTEX(post_lock, 0, 0);
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    RAFT_TSAN_MUTEX(pre_unlock, 0);
    if (state_.exchange(kFree, std::memory_order_release) == kWantedToo) {
      WakeOne();
    }
    RAFT_TSAN_MUTEX(post_unlock, 0);
  }
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    RAFT_TSAN_MUTEX(pre_lock, __tsan_mutex_try_lock);
    const bool taken = TakeFree();
    RAFT_TSAN_MUTEX(
        post_lock, taken ? __tsan_mutex_try_lock : __tsan_mutex_try_lock_failed,
        0);
    return taken;
  }

 private:
  // As "Mutex 2" of Drepper's "Futexes are tricky" has them.
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kTaken = 1;
  static constexpr uint32_t kWantedToo = 2;  // Somebody may sleep for it.

  bool TakeFree() {
    uint32_t free = kFree;
    return state_.compare_exchange_strong(
        free, kTaken, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void LockTaken();
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
