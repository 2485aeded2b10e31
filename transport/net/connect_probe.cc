#include "raft/transport/net/connect_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "raft/base/assert.h"
#include "raft/transport/net/descriptors.h"

namespace raft_cluster::internal {

absl::Status ConnectError(int error) {
  switch (error) {
    case ECONNREFUSED:
      return absl::UnavailableError("connection refused: nobody listens there");
    case ENOENT:
      return absl::UnavailableError("there is no such socket file");
    default:
      return DescriptorError(error);
  }
}

ConnectProbe::ConnectProbe(ConnectProbe&& other) noexcept
    : started_(std::exchange(other.started_, false)),
      fd_(std::exchange(other.fd_, -1)),
      error_(other.error_) {}

void ConnectProbe::Start(const std::string& address, uint16_t port) {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    Connect(&v4, sizeof(v4), AF_INET);
  } else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    Connect(&v6, sizeof(v6), AF_INET6);
  }
}

void ConnectProbe::StartPath(const std::string& path) {
  sockaddr_un address = {};
  // A longer one would be cut, and another socket called.
  if (path.size() >= sizeof(address.sun_path)) {
    Stop();
    started_ = true;
    error_ = ENAMETOOLONG;
    return;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Connect(&address, sizeof(address), AF_UNIX);
}

void ConnectProbe::Connect(const void* address, uint32_t size, int family) {
  Stop();
  started_ = true;
  error_ = 0;
  fd_ = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    error_ = errno;
    return;
  }
  // Interrupted, it goes on by itself, as it does where it would block.
  if (connect(fd_, static_cast<const sockaddr*>(address), size) != 0 &&
      errno != EINPROGRESS && errno != EINTR) {
    error_ = errno;
  }
}

void ConnectProbe::Stop() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  started_ = false;
}

absl::Status ConnectProbe::Result() {
  RAFT_ASSERT(started_);
  if (error_ != 0) return ConnectError(error_);
  // A socket that still connects is not writable; one that failed is, and says
  // why.
  pollfd ready = {fd_, POLLOUT, 0};
  if (poll(&ready, 1, /*timeout=*/0) <= 0) {
    return absl::DeadlineExceededError("no answer");
  }
  socklen_t size = sizeof(error_);  // To ask for it clears it.
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error_, &size);
  return error_ == 0 ? absl::OkStatus() : ConnectError(error_);
}

}  // namespace raft_cluster::internal
