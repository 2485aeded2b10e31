#include "raft/cmd/bench/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "raft/cmd/bench/system.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kDialWithin = absl::Seconds(20);
constexpr absl::Duration kDialAgain = absl::Milliseconds(5);
constexpr int kBacklog = 1024;

sockaddr_in AddressOf(absl::string_view url) {
  int port = 0;
  // Of our own making: it has one.
  (void)absl::SimpleAtoi(url.substr(url.rfind(':') + 1), &port);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// What is written goes at once, as it does where raft writes.
void SendAtOnce(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

bool WaitFor(int fd, short events) {
  pollfd polled = {fd, events, 0};
  return poll(&polled, 1,
              static_cast<int>(absl::ToInt64Milliseconds(kBenchPatience))) > 0;
}

}  // namespace

absl::Status SocketError(absl::string_view what) {
  return absl::UnavailableError(
      absl::StrCat("sockets: ", what, ": ", strerror(errno)));
}

bool WaitToRead(int fd) { return WaitFor(fd, POLLIN); }
bool WaitToWrite(int fd) { return WaitFor(fd, POLLOUT); }

absl::StatusOr<OwnedFd> ListenAt(const std::string& url) {
  OwnedFd listener(
      socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int one = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  const sockaddr_in address = AddressOf(url);
  if (listener.get() < 0 ||
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    return SocketError(absl::StrCat("cannot listen at ", url));
  }
  return listener;
}

absl::StatusOr<OwnedFd> DialTo(const std::string& url) {
  const sockaddr_in address = AddressOf(url);
  const absl::Time deadline = absl::Now() + kDialWithin;
  for (;;) {
    // Blocks until it is connected or refused: on this host that is at once.
    OwnedFd caller(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (caller.get() < 0) return SocketError("cannot make a socket");
    if (connect(caller.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) == 0) {
      SendAtOnce(caller.get());
      return caller;
    }
    if (errno != ECONNREFUSED && errno != EINTR) {
      return SocketError(absl::StrCat("cannot connect to ", url));
    }
    if (absl::Now() > deadline) {
      return absl::UnavailableError(
          absl::StrCat("sockets: nobody listens at ", url));
    }
    absl::SleepFor(kDialAgain);
  }
}

OwnedFd AcceptFrom(int listener) {
  OwnedFd caller(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (caller.get() >= 0) SendAtOnce(caller.get());
  return caller;
}

}  // namespace raft_cluster::internal
