#include "raft/cluster/engine/level_fd.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/status/status.h"

namespace raft_cluster::internal {

LevelFd::~LevelFd() {
  if (is_open()) close(fd_);
}

absl::StatusOr<int> LevelFd::Open() {
  if (is_open()) return fd_;
  fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd_ >= 0) return fd_;
  // Of EMFILE, ENFILE and ENOMEM each is a lack of something.
  return absl::ResourceExhaustedError(
      std::string(absl::ErrnoToStatus(errno,
                                      "no descriptor to poll can be "
                                      "made (ulimit -n)")
                      .message()));
}

void LevelFd::Change(bool readable) {
  readable_ = readable;
  // Neither can fail, nor would wait: the count is 0 or 1. It is 0 where
  // somebody has read it against the rules; then there is nothing to take.
  eventfd_t count;
  if (readable) {
    eventfd_write(fd_, 1);
  } else {
    eventfd_read(fd_, &count);
  }
}

}  // namespace raft_cluster::internal
