#include "raft/transport/net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace raft_cluster::internal {

absl::optional<SocketAddress> SocketAddress::OfTcp(const std::string& host,
                                                   uint16_t port) {
  SocketAddress address;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage_);
  if (host == "*" || inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size_ = sizeof(*v4);
    return address;
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage_);
  if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) != 1) {
    return absl::nullopt;
  }
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  address.size_ = sizeof(*v6);
  return address;
}

absl::optional<SocketAddress> SocketAddress::OfPath(const std::string& path) {
  SocketAddress address;
  auto* const local = reinterpret_cast<sockaddr_un*>(&address.storage_);
  if (path.size() >= sizeof(local->sun_path)) return absl::nullopt;
  local->sun_family = AF_UNIX;
  std::memcpy(local->sun_path, path.data(), path.size());
  address.size_ = sizeof(*local);
  return address;
}

}  // namespace raft_cluster::internal
