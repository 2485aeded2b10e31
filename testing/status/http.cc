#include "raft/testing/status/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace raft_cluster::internal {
namespace {

// True: `events` are there before `deadline`.
bool WaitFor(int fd, int16_t events, absl::Time deadline) {
  pollfd fds[] = {{fd, events, 0}};
  const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
  return left > 0 && poll(fds, 1, static_cast<int>(left)) > 0;
}

}  // namespace

Caller::Caller(const std::string& url) {
  absl::string_view rest = url;
  absl::ConsumePrefix(&rest, "http://");
  const size_t colon = rest.rfind(':');
  int port = 0;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  if (!absl::SimpleAtoi(rest.substr(colon + 1), &port) ||
      inet_pton(AF_INET, std::string(rest.substr(0, colon)).c_str(),
                &address.sin_addr) != 1) {
    return;
  }
  address.sin_port = htons(static_cast<uint16_t>(port));
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return;
  // Where the line of those who wait is full, this goes on in the background.
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) !=
          0 &&
      errno != EINPROGRESS) {
    close(fd_);
    fd_ = -1;
  }
}

Caller::Caller(Caller&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }

Caller::~Caller() {
  if (fd_ >= 0) close(fd_);
}

bool Caller::Send(absl::string_view bytes, absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    const bool later = errno == EAGAIN || errno == ENOTCONN || errno == EINTR;
    if (!later || !WaitFor(fd_, POLLOUT, deadline)) return false;
  }
  return true;
}

std::string Caller::ReadAll(absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
    if (size == 0) return text;
    if (size > 0) {
      text.append(buffer, static_cast<size_t>(size));
      continue;
    }
    const bool later = errno == EAGAIN || errno == EINTR;
    if (!later || !WaitFor(fd_, POLLIN, deadline)) return text;
  }
}

Reply ParseReply(const std::string& text) {
  Reply reply;
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "HTTP/1.1 ") ||
      !absl::SimpleAtoi(rest.substr(0, 3), &reply.code)) {
    return Reply();
  }
  const size_t end = text.find("\r\n\r\n");
  reply.head = text.substr(0, end);
  if (end != std::string::npos) reply.body = text.substr(end + 4);
  return reply;
}

Reply Ask(const std::string& url, absl::string_view method,
          absl::string_view path, absl::string_view headers,
          absl::Duration patience) {
  Caller caller(url);
  if (!caller.connected() ||
      !caller.Send(
          absl::StrCat(method, " ", path, " HTTP/1.1\r\n", headers, "\r\n"),
          patience)) {
    return Reply();
  }
  return ParseReply(caller.ReadAll(patience));
}

Reply Get(const std::string& url, absl::string_view path,
          absl::Duration patience) {
  return Ask(url, "GET", path,
             absl::StrCat("Host: ", absl::StripPrefix(url, "http://"), "\r\n"),
             patience);
}

}  // namespace raft_cluster::internal
