#include "raft/testing/transport/raw_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "raft/transport/net/tcp_address.h"

namespace raft_cluster::internal {
namespace {

sockaddr_in Address(const std::string& host, uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

}  // namespace

RawClient::RawClient(const Url& url) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  const TcpAddress tcp = ParseTcpAddress(url).value();
  const sockaddr_in address = Address(tcp.host, tcp.port);
  connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address),
                       sizeof(address)) == 0;
}

RawClient::~RawClient() { close(fd_); }

size_t RawClient::Send(absl::string_view bytes) {
  const ssize_t sent =
      send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

bool RawClient::HungUpOn() {
  char buffer[4096];
  ssize_t size;
  do {
    size = recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size > 0) heard_bytes_ += static_cast<size_t>(size);
  } while (size > 0 || (size < 0 && errno == EINTR));
  return size == 0 || errno != EAGAIN;
}

std::string PlainHandshake(absl::string_view socket_type) {
  std::string mechanism = "NULL";
  mechanism.resize(20);
  const std::string greeting =
      absl::StrCat(std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0", 12),
                   mechanism, std::string(32, '\0'));
  const std::string ready = absl::StrCat(
      "\x05READY", "\x0bSocket-Type", std::string(3, '\0'),
      std::string(1, static_cast<char>(socket_type.size())), socket_type);
  return absl::StrCat(greeting, "\x04",
                      std::string(1, static_cast<char>(ready.size())), ready);
}

std::string EndlessMessage(size_t size) {
  // A part that is not the last, of one byte, which is 1.
  return std::string(size, '\x01');
}

RawListener::RawListener(const std::string& address)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
  sockaddr_in bound = Address(address, 0);
  socklen_t size = sizeof(bound);
  bind(fd_, reinterpret_cast<sockaddr*>(&bound), size);
  listen(fd_, 100);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
  url_ = ParseUrl(absl::StrCat(address, ":", ntohs(bound.sin_port))).value();
}

RawListener::~RawListener() { close(fd_); }

std::unique_ptr<RawClient> RawListener::Accept() {
  const int accepted = accept(fd_, nullptr, nullptr);
  if (accepted < 0) return nullptr;
  return std::make_unique<RawClient>(accepted);
}

}  // namespace raft_cluster::internal
