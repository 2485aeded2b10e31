// Asks threads for their signal masks, and starts some where there are none.
#include "raft/base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

sigset_t MaskOfThisThread() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

// What the C library keeps for itself is in no mask.
bool Same(const sigset_t& a, const sigset_t& b) {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (sigismember(&a, signal) != sigismember(&b, signal)) return false;
  }
  return true;
}

TEST(StartThreadTest, BlocksTheApplicationsSignalsButNoFaults) {
  sigset_t mask;
  Thread thread;
  ASSERT_TRUE(StartThread([&] { mask = MaskOfThisThread(); }, &thread).ok());
  thread.join();
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGPIPE, SIGALRM}) {
    EXPECT_EQ(sigismember(&mask, signal), 1) << strsignal(signal);
  }
  for (const int signal :
       {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    EXPECT_EQ(sigismember(&mask, signal), 0) << strsignal(signal);
  }
}

TEST(StartThreadTest, LeavesTheCallersMaskAsItWas) {
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR2);
  sigset_t original;
  pthread_sigmask(SIG_SETMASK, &some, &original);
  Thread thread;
  EXPECT_TRUE(StartThread([] {}, &thread).ok());
  EXPECT_TRUE(Same(MaskOfThisThread(), some));
  thread.join();
  pthread_sigmask(SIG_SETMASK, &original, nullptr);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RAFT_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RAFT_SANITIZED
#endif
#endif

TEST(ProbeThreadsTest, StartsThemAndLeavesNone) {
  EXPECT_TRUE(ProbeThreads(0).ok());
  EXPECT_TRUE(ProbeThreads(4).ok());
}

// 0: as it is to be. In a process that may map no memory more, and so no
// thread's stack. (A limit on the number of threads would not bind root.)
int StartWithoutMemory() {
  // The C library keeps the stacks of threads that have ended: as many may
  // start all the same.
  constexpr int kMaxKept = 64;
  const sigset_t before = MaskOfThisThread();
  const rlimit none = {1 << 20, 1 << 20};
  if (setrlimit(RLIMIT_AS, &none) != 0) return 1;
  for (int i = 0; i < kMaxKept; ++i) {
    Thread thread;
    const absl::Status status = StartThread([] { pause(); }, &thread);
    if (!Same(MaskOfThisThread(), before)) return 2;
    if (status.ok()) {
      thread.detach();
      continue;
    }
    if (thread.joinable()) return 3;
    if (status.code() != absl::StatusCode::kResourceExhausted) return 4;
    const absl::Status probed = ProbeThreads(2);
    if (probed.message().find("2 more are wanted, 0 are to be had") ==
        std::string::npos) {
      return 6;
    }
    return Same(MaskOfThisThread(), before) ? 0 : 2;
  }
  return 5;
}

TEST(StartThreadTest, SaysThatThereIsNoThreadToBeHad) {
#ifdef RAFT_SANITIZED
  GTEST_SKIP() << "a sanitizer needs memory of its own for each thread";
#endif
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) _exit(StartWithoutMemory());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "died of signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace raft_cluster::internal
