#include "raft/base/mutex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <thread>  // NOLINT(build/c++11)

namespace raft_cluster::internal {
namespace {

// Sleeps while `word` has this value; null: without an end. May return for no
// reason.
void Sleep(std::atomic<uint32_t>* word, uint32_t value,
           const timespec* timeout) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout, nullptr, 0);
}

// The kernel looks at the address alone: nothing is read, so that a word which
// has gone by then does no harm.
void Wake(std::atomic<uint32_t>* word, int32_t most) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, most, nullptr, nullptr, 0);
}

}  // namespace

void Mutex::LockTaken() {
  // What is done under a lock here is mostly shorter than the system calls of
  // one who sleeps for it and of one who wakes him. Whoever finds it taken lets
  // others run first, its owner among them, and sleeps if that does not help.
  std::this_thread::yield();
  if (TakeFree()) return;
  // Others may sleep beside this one: who has slept for it says so when it
  // goes.
  while (state_.exchange(kWantedToo, std::memory_order_acquire) != kFree) {
    Sleep(&state_, kWantedToo, nullptr);
  }
}

void Mutex::WakeOne() { Wake(&state_, 1); }

void CondVar::Wait(Mutex& mu) {
  waiting_.fetch_add(1);
  // After it is seen to wait: who tells nobody had told before this.
  const uint32_t told = told_.load();
  mu.Unlock();
  Sleep(&told_, told, nullptr);
  mu.Lock();
  waiting_.fetch_sub(1);
}

void CondVar::WaitFor(Mutex& mu, std::chrono::microseconds timeout) {
  if (timeout <= std::chrono::microseconds(0)) {
    // Others have their turn, as if it had slept.
    mu.Unlock();
    mu.Lock();
    return;
  }
  timespec time;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(timeout);
  time.tv_sec = static_cast<time_t>(seconds.count());
  time.tv_nsec = static_cast<long>(  // NOLINT(runtime/int)
      std::chrono::nanoseconds(timeout - seconds).count());
  waiting_.fetch_add(1);
  const uint32_t told = told_.load();
  mu.Unlock();
  Sleep(&told_, told, &time);
  mu.Lock();
  waiting_.fetch_sub(1);
}

void CondVar::Notify(int32_t most) {
  told_.fetch_add(1);
  if (waiting_.load() > 0) Wake(&told_, most);
}

}  // namespace raft_cluster::internal
