// Stand-ins for what base/mutex.h and base/thread.h have, for code that is
// compiled to run under a Schedule. They fail its run where they are misused.
//
// The parameter `where` is for nobody to pass: it names the caller.
//
// Thread rule: see schedule.h. All may be made only while a schedule runs.
#ifndef RAFT_TESTING_INTERLEAVING_SYNC_H_
#define RAFT_TESTING_INTERLEAVING_SYNC_H_

#include <chrono>  // NOLINT(build/c++11)
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "raft/testing/interleaving/schedule.h"

// In a namespace of its own, as a program may have both: what runs under the
// schedule, and libraries over the locks of the system.
namespace raft_cluster::internal::interleaving {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  ~Mutex();
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock(const char* where = __builtin_FUNCTION())
      ABSL_EXCLUSIVE_LOCK_FUNCTION();
  void Unlock(const char* where = __builtin_FUNCTION()) ABSL_UNLOCK_FUNCTION();
  bool TryLock(const char* where = __builtin_FUNCTION())
      ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true);

 private:
  friend class CondVar;
  static constexpr int kNobody = -1;

  void Take();
  void GiveUp();

  const int name_ = Schedule::Current().NewName();
  int holder_ = kNobody;
  int taken_at_ = 0;  // Schedule::steps() then.
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mu, const char* where = __builtin_FUNCTION())
      ABSL_EXCLUSIVE_LOCK_FUNCTION(mu)
      : mu_(mu), where_(where) {
    mu_.Lock(where);
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_.Unlock(where_); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
  const char* const where_;
};

class CondVar {
 public:
  CondVar() = default;
  ~CondVar();
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(Mutex& mu, const char* where = __builtin_FUNCTION())
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void WaitFor(Mutex& mu, std::chrono::microseconds timeout,
               const char* where = __builtin_FUNCTION())
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void NotifyOne(const char* where = __builtin_FUNCTION());
  void NotifyAll(const char* where = __builtin_FUNCTION());

 private:
  void WaitUntil(Mutex& mu, Micros deadline, const char* where);
  void PointUnlessLocked(const Schedule::Step& step);

  const int name_ = Schedule::Current().NewName();
  std::vector<bool*> waiters_;  // Who was not told yet, and how to tell.
};

class Thread {
 public:
  Thread() = default;
  explicit Thread(std::function<void()> body,
                  const char* where = __builtin_FUNCTION());
  ~Thread();
  Thread& operator=(Thread&& other);

  bool joinable() const { return id_ != 0; }
  void join();

 private:
  int id_ = 0;
};

absl::Status StartThread(std::function<void()> body, Thread* thread,
                         const char* where = __builtin_FUNCTION());

}  // namespace raft_cluster::internal::interleaving

namespace raft_cluster::internal {

using interleaving::CondVar;
using interleaving::Mutex;
using interleaving::MutexLock;
using interleaving::StartThread;
using interleaving::Thread;

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_SYNC_H_
