// Something that happens at most once, and that poll() can wait for.
//
//   Latch stop;
//   pollfd fds[] = {{in, POLLIN, 0}, {stop.fd(), POLLIN, 0}};
//   poll(fds, 2, -1);    // Returns when another thread has called stop.Set().
//
// Thread rule: any thread.
#ifndef RAFT_CMD_LATCH_H_
#define RAFT_CMD_LATCH_H_

#include <sys/eventfd.h>
#include <unistd.h>

namespace raft_cluster::internal {

class Latch {
 public:
  Latch() : fd_(eventfd(0, EFD_CLOEXEC)) {}
  ~Latch() {
    if (ok()) close(fd_);
  }
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  // False: the system had no descriptor for it. Then nobody is told anything.
  bool ok() const { return fd_ >= 0; }
  void Set() { eventfd_write(fd_, 1); }
  // Readable from Set() on.
  int fd() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_LATCH_H_
