// A descriptor with one owner, which closes it.
//
// Thread rule: one thread at a time.
#ifndef RAFT_TRANSPORT_NET_OWNED_FD_H_
#define RAFT_TRANSPORT_NET_OWNED_FD_H_

#include <unistd.h>

#include <utility>

namespace raft_cluster::internal {

class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() { Close(); }
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    if (this == &other) return *this;
    Close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  void Close() {
    if (fd_ >= 0) close(fd_);
  }

  int fd_ = -1;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_OWNED_FD_H_
