// What can be measured: a library with which servers send to one another.
//
//   std::unique_ptr<System> system = NewRaftSystem(plan, urls);
//   auto member = system->Start(/*server=*/1);
//   (*member)->NewSender()->Send(2, "hello");
//
// Servers have the numbers 1 to n, the places of their addresses in `urls`.
#ifndef RAFT_CMD_BENCH_SYSTEM_H_
#define RAFT_CMD_BENCH_SYSTEM_H_

#include <cstddef>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace raft_cluster::internal {

// As a receiver: every server but the sender.
inline constexpr int kEverybody = 0;
// How long a call waits before its caller looks whether to go on.
inline constexpr absl::Duration kBenchPatience = absl::Milliseconds(100);
// How many messages are received at a time.
inline constexpr size_t kBenchBatch = 1024;

// Used by one thread. Lives no longer than its Member.
class Sender {
 public:
  virtual ~Sender() = default;
  // DEADLINE_EXCEEDED: there was no room for so long; to be tried again with
  // the same arguments.
  virtual absl::Status Send(int to, absl::string_view msg) = 0;
};

// One server. NewSender() from any thread; the others from one.
class Member {
 public:
  virtual ~Member() = default;
  // Until messages can be sent to all others.
  virtual absl::Status WaitUntilReady() = 0;
  virtual absl::StatusOr<std::unique_ptr<Sender>> NewSender() = 0;
  // Hands what has come to `take` and returns how many that were; waits for the
  // first.
  virtual absl::StatusOr<size_t> Receive(
      absl::FunctionRef<void(absl::string_view msg)> take) = 0;
};

// All that its servers share in one process. Any thread. Outlives the members.
class System {
 public:
  virtual ~System() = default;
  virtual absl::StatusOr<std::unique_ptr<Member>> Start(int server) = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SYSTEM_H_
