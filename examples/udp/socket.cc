#include "raft/examples/udp/socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "raft/examples/udp/address.h"

namespace udp {
namespace {

// What is asked for; the system may give less (net.core.rmem_max).
constexpr int kReceiveBufferBytes = 1 << 20;

void CloseIfOpen(int fd) {
  if (fd >= 0) close(fd);
}

iovec Part(absl::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

// The bytes of `part` that are among the `length` from `offset` on, where it
// begins at `at`.
absl::string_view Overlap(absl::string_view part, size_t at, size_t offset,
                          size_t length) {
  const size_t begin = std::max(at, offset);
  const size_t end = std::min(at + part.size(), offset + length);
  return begin < end ? part.substr(begin - at, end - begin)
                     : absl::string_view();
}

}  // namespace

Socket::Socket()
    : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      alarm_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      buffer_(kMaxDatagramBytes + 1) {}

Socket::~Socket() {
  CloseIfOpen(fd_);
  CloseIfOpen(wake_);
  CloseIfOpen(alarm_);
}

absl::Status Socket::Bind(sockaddr_in& address) {
  if (fd_ < 0 || wake_ < 0 || alarm_ < 0) {
    return absl::ResourceExhaustedError(
        "udp: no descriptor is left; a transport takes 3 (ulimit -n)");
  }
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes,
             sizeof(kReceiveBufferBytes));
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (bind(fd_, generic, size) == 0 && getsockname(fd_, generic, &size) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;
  return absl::UnavailableError(absl::StrCat(
      "cannot bind udp://", ToText(address), ": ", strerror(error),
      error == EADDRINUSE ? "; does another server run there?" : ""));
}

size_t Socket::receive_buffer_bytes() const {
  int bytes = 0;
  socklen_t size = sizeof(bytes);
  getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, &size);
  return static_cast<size_t>(std::max(bytes, 0));
}

void Socket::Send(const sockaddr_in& to, const Header& header,
                  const raft_cluster::Frame& frame, size_t offset,
                  size_t length) {
  const absl::string_view head = frame.head.view();
  iovec parts[] = {
      {const_cast<Header*>(&header), sizeof(header)},
      Part(Overlap(head, 0, offset, length)),
      Part(Overlap(frame.body.view(), head.size(), offset, length))};
  msghdr message = {};
  message.msg_name = const_cast<sockaddr_in*>(&to);
  message.msg_namelen = sizeof(to);
  message.msg_iov = parts;
  message.msg_iovlen = 3;
  (void)!sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

Socket::Received Socket::Receive(Datagram& datagram) {
  socklen_t size = sizeof(datagram.from);
  ssize_t bytes;
  do {
    bytes = recvfrom(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                     reinterpret_cast<sockaddr*>(&datagram.from), &size);
  } while (bytes < 0 && errno == EINTR);
  if (bytes < 0) return Received::kNothing;
  if (static_cast<size_t>(bytes) < sizeof(Header)) return Received::kMalformed;
  std::memcpy(&datagram.header, buffer_.data(), sizeof(Header));
  datagram.piece =
      absl::string_view(buffer_.data() + sizeof(Header),
                        static_cast<size_t>(bytes) - sizeof(Header));
  const Header& header = datagram.header;
  const bool good = header.magic == Header::kMagic && header.from != 0 &&
                    header.kind >= Header::kCall &&
                    header.kind <= Header::kBye &&
                    (header.kind == Header::kPiece || datagram.piece.empty());
  return good ? Received::kDatagram : Received::kMalformed;
}

void Socket::SetAlarm(Clock::time_point time) {
  if (time == alarm_time_) return;  // No system call for that.
  alarm_time_ = time;
  itimerspec spec = {};
  if (time != Clock::time_point::max()) {
    // What is due already goes off at once.
    spec.it_value = absl::ToTimespec(absl::FromChrono(time.time_since_epoch()));
  }
  timerfd_settime(alarm_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Socket::Wait(absl::Duration timeout) {
  const timespec limit = absl::ToTimespec(
      std::max(std::min(timeout, absl::Hours(24)), absl::ZeroDuration()));
  pollfd polled[] = {{fd_, POLLIN, 0}, {alarm_, POLLIN, 0}, {wake_, POLLIN, 0}};
  if (ppoll(polled, 3, &limit, nullptr) <= 0) return;
  uint64_t wakes;
  if (polled[2].revents != 0) (void)!read(wake_, &wakes, sizeof(wakes));
}

void Socket::Wake() {
  const uint64_t one = 1;
  (void)!write(wake_, &one, sizeof(one));
}

}  // namespace udp
