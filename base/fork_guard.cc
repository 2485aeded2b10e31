#include "raft/base/fork_guard.h"

#include <pthread.h>

#include <atomic>

namespace raft_cluster::internal {
namespace {

// How often this process, or one of those it descends from, has been a child.
std::atomic<uint64_t>& Forks() {
  static std::atomic<uint64_t> forks{0};
  return forks;
}

void CountFork() { Forks().fetch_add(1, std::memory_order_relaxed); }

}  // namespace

ForkGuard::ForkGuard() {
  static const int registered = pthread_atfork(nullptr, nullptr, CountFork);
  (void)registered;  // Fails without memory only.
  forks_ = Forks().load(std::memory_order_relaxed);
}

bool ForkGuard::InChild() const {
  return Forks().load(std::memory_order_relaxed) != forks_;
}

absl::Status Forked() {
  return absl::FailedPreconditionError(
      "this process was forked off the server's; the server lives on in the "
      "parent, and here a new one has to be started");
}

}  // namespace raft_cluster::internal
