#include "raft/base/thread.h"

#include <pthread.h>
#include <signal.h>

#include <new>
#include <system_error>  // NOLINT(build/c++11)
#include <utility>

#include "absl/strings/str_cat.h"

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

}  // namespace raft_cluster::internal
