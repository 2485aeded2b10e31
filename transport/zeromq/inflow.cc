#include "raft/transport/zeromq/inflow.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace raft_cluster::internal {
namespace zeromq {
namespace {

uint16_t LocalPort(int fd) {
  sockaddr_storage near = {};
  socklen_t size = sizeof(near);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&near), &size) != 0) return 0;
  switch (near.ss_family) {
    case AF_INET:
      return ntohs(reinterpret_cast<const sockaddr_in*>(&near)->sin_port);
    case AF_INET6:
      return ntohs(reinterpret_cast<const sockaddr_in6*>(&near)->sin6_port);
    default:
      return 0;
  }
}

}  // namespace

uint64_t Inflow::Withheld(uint64_t read) {
  // The descriptor has become another connection's.
  if (read < read_) *this = Inflow();
  const uint64_t before = read_;
  read_ = read;
  if (std::exchange(has_handed_out_, false)) finished_ = read;
  return before - std::min(before, finished_);
}

absl::optional<uint64_t> ReadFrom(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      size < offsetof(tcp_info, tcpi_bytes_received) +
                 sizeof(info.tcpi_bytes_received)) {
    return absl::nullopt;
  }
  // Asked for later, so that nothing unread is taken for read.
  int unread = 0;
  if (ioctl(fd, SIOCINQ, &unread) != 0) return absl::nullopt;
  const uint64_t received = info.tcpi_bytes_received;
  return received - std::min(received, static_cast<uint64_t>(unread));
}

bool EndConnectionAt(uint16_t port, int fd) {
  // Nobody else can close this one, or make it stand for something else.
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return false;
  const bool is_right =
      port != 0 && LocalPort(own) == port && ReadFrom(own).has_value();
  const bool has_ended = is_right && shutdown(own, SHUT_RDWR) == 0;
  close(own);
  return has_ended;
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
