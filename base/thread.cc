#include "raft/base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <new>
#include <system_error>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "raft/base/mutex.h"

namespace raft_cluster::internal {
namespace {

// Blocks what the new thread, which inherits the mask, is not to take.
class SignalMask {
 public:
  SignalMask() {
    sigset_t mask;
    sigfillset(&mask);
    // A fault that is blocked kills the process without any handler's having
    // been asked. SIGPIPE stays blocked: it comes of a peer that hung up, and
    // whoever wrote to it sees EPIPE.
    for (const int fault :
         {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
      sigdelset(&mask, fault);
    }
    pthread_sigmask(SIG_SETMASK, &mask, &before_);
  }
  ~SignalMask() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;

 private:
  sigset_t before_;
};

// For a second at most: its number may be another thread's by then.
void WaitUntilGone(pid_t thread) {
  constexpr int kTurns = 10000;
  for (int i = 0; i < kTurns && tgkill(getpid(), thread, 0) == 0; ++i) {
    if (i > 100) usleep(100);
    sched_yield();
  }
}

}  // namespace

absl::Status StartThread(std::function<void()> body, Thread* thread) {
  const SignalMask mask;
  // std::thread has no other way to say it.
  try {
    *thread = Thread(std::move(body));
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no thread to be had: ", error.what(),
                     " (see ulimit -u, the limit of the cgroup, and "
                     "/proc/sys/kernel/threads-max)"));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        "no thread to be had: no memory for one");
  }
  return absl::OkStatus();
}

absl::Status ProbeThreads(int count) {
  struct {
    Mutex mu;
    CondVar changed;
    bool over = false;
    std::vector<pid_t> ids;
  } probe;
  std::vector<Thread> threads;
  absl::Status status;
  while (status.ok() && static_cast<int>(threads.size()) < count) {
    Thread thread;
    status = StartThread(
        [&probe] {
          MutexLock lock(probe.mu);
          probe.ids.push_back(gettid());
          while (!probe.over) probe.changed.Wait(probe.mu);
        },
        &thread);
    if (status.ok()) threads.push_back(std::move(thread));
  }
  probe.mu.Lock();
  probe.over = true;
  probe.changed.NotifyAll();
  probe.mu.Unlock();
  for (Thread& thread : threads) thread.join();
  // To join a thread is not to wait until the system counts it no more.
  for (const pid_t id : probe.ids) WaitUntilGone(id);
  if (status.ok()) return status;
  return absl::ResourceExhaustedError(
      absl::StrCat("too few threads: ", count, " more are wanted, ",
                   threads.size(), " are to be had; ", status.message()));
}

}  // namespace raft_cluster::internal
