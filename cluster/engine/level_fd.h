// A descriptor that can be polled for a condition: readable while it holds.
//
//   LevelFd fd;
//   if (absl::StatusOr<int> made = fd.Open(); !made.ok()) return made.status();
//   fd.Show(!queue.empty());              // After each change of the queue.
//
// Nobody reads from it: what is shown is all that counts. Before Open() it
// costs nothing to show.
//
// Thread rule: none of its own. The number may be polled by any thread as long
// as this lives.
#ifndef RAFT_CLUSTER_ENGINE_LEVEL_FD_H_
#define RAFT_CLUSTER_ENGINE_LEVEL_FD_H_

#include "absl/status/statusor.h"

namespace raft_cluster::internal {

class LevelFd {
 public:
  LevelFd() = default;
  ~LevelFd();  // Closes it.
  LevelFd(const LevelFd&) = delete;
  LevelFd& operator=(const LevelFd&) = delete;

  // Makes it, not readable, unless there is one; its number.
  // RESOURCE_EXHAUSTED: the system has none left.
  absl::StatusOr<int> Open();
  bool is_open() const { return fd_ >= 0; }

  // From now on it is readable, or is not. A system call only where that is a
  // change.
  void Show(bool readable) {
    if (is_open() && readable != readable_) Change(readable);
  }

 private:
  void Change(bool readable);

  int fd_ = -1;
  bool readable_ = false;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_LEVEL_FD_H_
