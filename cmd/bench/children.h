// Processes of one's own: this program's forks, and what they have used.
//
// Thread rule: one thread, and while there are no others, since a fork takes
// none along.
#ifndef RAFT_CMD_BENCH_CHILDREN_H_
#define RAFT_CMD_BENCH_CHILDREN_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace raft_cluster::internal {

class Children {
 public:
  Children() = default;
  ~Children();  // Kills those that run.
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  // Runs `body` in a process that ends with it, and with this one.
  // RESOURCE_EXHAUSTED: the system allows no more.
  absl::Status Start(absl::FunctionRef<void()> body);

  // Whether all have ended. INTERNAL: one did not end well.
  absl::StatusOr<bool> Ended();
  // Processor time of those that have not ended, of user and system together.
  int64_t CpuNanoseconds() const;
  // The sum of the largest memory that each of those that have ended had.
  int64_t peak_bytes() const { return peak_bytes_; }

 private:
  std::vector<pid_t> running_;
  int64_t peak_bytes_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_CHILDREN_H_
