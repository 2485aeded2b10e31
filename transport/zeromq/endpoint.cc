#include "transport/zeromq/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace raft {
namespace zeromq {
namespace {

bool HasColon(const std::string& address) {
  return address.find(':') != std::string::npos;
}

}  // namespace

bool IsHostName(const std::string& host) {
  in_addr address;
  return host != "*" && !HasColon(host) &&
         inet_pton(AF_INET, host.c_str(), &address) != 1;
}

std::string TcpEndpoint(const std::string& address, uint16_t port) {
  const bool brackets = HasColon(address);
  return absl::StrCat("tcp://", brackets ? "[" : "", address,
                      brackets ? "]" : "", ":",
                      port == 0 ? "*" : absl::StrCat(port));
}

bool NeedsIpv6(const std::string& address) {
  return address == "*" || HasColon(address);
}

bool IsConnectedToItself(int fd) {
  sockaddr_storage near = {};
  sockaddr_storage far = {};
  socklen_t near_size = sizeof(near);
  socklen_t far_size = sizeof(far);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&near), &near_size) != 0 ||
      getpeername(fd, reinterpret_cast<sockaddr*>(&far), &far_size) != 0) {
    return false;
  }
  if (near.ss_family != AF_INET && near.ss_family != AF_INET6) return false;
  return near_size == far_size && std::memcmp(&near, &far, near_size) == 0;
}

}  // namespace zeromq
}  // namespace raft
