// One descriptor for a loop to poll, in place of several and of a timer.
//
// Thread rule: one thread; the number may be polled by any.
#ifndef RAFT_CLUSTER_LOOP_FD_H_
#define RAFT_CLUSTER_LOOP_FD_H_

#include <initializer_list>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace raft_cluster::internal {

class LoopFd {
 public:
  LoopFd() = default;
  ~LoopFd() { Close(); }
  LoopFd(const LoopFd&) = delete;
  LoopFd& operator=(const LoopFd&) = delete;

  // Makes it: readable while one of `watched` is, which outlive it. Its number.
  // RESOURCE_EXHAUSTED: the system has too few left. REQUIRES: !is_open().
  absl::StatusOr<int> Open(std::initializer_list<int> watched);
  bool is_open() const { return epoll_ >= 0; }
  int number() const { return epoll_; }

  // Readable from this time of the monotonic clock on, until it is set anew.
  // Infinite: never, on this account.
  void SetAlarm(absl::Duration time);

 private:
  void Close();

  int epoll_ = -1;
  int timer_ = -1;
  absl::Duration alarm_ = absl::InfiniteDuration();
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LOOP_FD_H_
