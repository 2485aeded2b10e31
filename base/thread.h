// Threads of the library's own.
//
//   Thread thread;
//   absl::Status status = StartThread([this] { Loop(); }, &thread);
//   if (!status.ok()) return status;
//
// Thread rule: any thread.
#ifndef RAFT_BASE_THREAD_H_
#define RAFT_BASE_THREAD_H_

#include <functional>
#include <thread>  // NOLINT(build/c++11)

#include "absl/status/status.h"

namespace raft_cluster::internal {

using Thread = std::thread;

// Starts a thread that runs `body` and hands it out in `thread`, which must not
// be one that runs. Signals sent to the process are the application's: the
// thread takes none of them. Those that it causes itself (SIGSEGV and its like)
// are not blocked, so that the application's crash handler sees them. The
// caller's own signal mask is afterwards what it was before, whatever happens.
//
// RESOURCE_EXHAUSTED: there is no thread, or no memory for one, to be had.
absl::Status StartThread(std::function<void()> body, Thread* thread);

// Runs `count` threads at the same time, for a moment. For libraries that abort
// where they get none. RESOURCE_EXHAUSTED: fewer than `count` are available
// (says how many).
absl::Status ProbeThreads(int count);

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_THREAD_H_
