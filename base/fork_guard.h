// Tells a process that was forked off another from that other one. A fork takes
// along the memory of a server but none of its threads, and its locks as they
// happened to be: nothing of it may be touched.
//
//   const ForkGuard guard;                // Made with what it guards.
//   if (guard.InChild()) return Forked();
//
// Thread rule: a value; any thread.
#ifndef RAFT_BASE_FORK_GUARD_H_
#define RAFT_BASE_FORK_GUARD_H_

#include <cstdint>

#include "absl/status/status.h"

namespace raft_cluster::internal {

class ForkGuard {
 public:
  ForkGuard();

  // This process was forked after the guard was made.
  bool InChild() const;

 private:
  uint64_t forks_;
};

// FAILED_PRECONDITION, with words.
absl::Status Forked();

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_FORK_GUARD_H_
