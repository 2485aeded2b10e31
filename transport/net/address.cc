#include "raft/transport/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace raft_cluster::internal {

bool IsHostName(const std::string& host) {
  in_addr address;
  return host != "*" && host.find(':') == std::string::npos &&
         inet_pton(AF_INET, host.c_str(), &address) != 1;
}

bool IsConnectedToItself(int fd) {
  // Linux picks a port for the near end of a call, and if nobody listens at the
  // far one, it may pick that very port: TCP then lets both ends be one (RFC
  // 9293, simultaneous open).
  sockaddr_storage near = {};
  sockaddr_storage far = {};
  socklen_t near_size = sizeof(near);
  socklen_t far_size = sizeof(far);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&near), &near_size) != 0 ||
      getpeername(fd, reinterpret_cast<sockaddr*>(&far), &far_size) != 0) {
    return false;
  }
  if (near.ss_family != AF_INET && near.ss_family != AF_INET6) return false;
  // Address, port and all that is between: the sockets are one if the whole is.
  return near_size == far_size && std::memcmp(&near, &far, near_size) == 0;
}

bool IsLoopback(const std::string& address) {
  in_addr v4;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  in6_addr v6;
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string PeerAddress(int fd) {
  sockaddr_storage far = {};
  socklen_t size = sizeof(far);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&far), &size) != 0) return "";
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&far);
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&far);
  char text[INET6_ADDRSTRLEN] = "";
  if (far.ss_family == AF_INET) {
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  if (far.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    return "[" + std::string(text) +
           "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return "";
}

}  // namespace raft_cluster::internal
