// TCP sockets of 127.0.0.1, none of which ever blocks.
//
// Thread rule: free functions; a Socket is a value that is moved.
#ifndef RAFT_CMD_BENCH_SOCKETS_H_
#define RAFT_CMD_BENCH_SOCKETS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace raft_cluster::internal {

// A descriptor that is closed with it.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int fd() const { return fd_; }  // Below 0: there is none.

 private:
  int fd_ = -1;
};

// What errno says of `what`.
absl::Status SocketError(absl::string_view what);

// Sleeps until the descriptor may be read (or written), for kBenchPatience at
// most.
bool WaitToRead(int fd);
bool WaitToWrite(int fd);

// `url` is "tcp://127.0.0.1:PORT". UNAVAILABLE: says why.
absl::StatusOr<Socket> ListenAt(const std::string& url);
// Tries again for 20 s while nobody listens there.
absl::StatusOr<Socket> DialTo(const std::string& url);
// The next caller; none if there is none just now.
Socket AcceptFrom(int listener);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SOCKETS_H_
