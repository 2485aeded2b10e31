// Where a socket is bound or connected to, as the system wants it.
//
// Thread rule: values.
#ifndef RAFT_TRANSPORT_NET_SOCKET_ADDRESS_H_
#define RAFT_TRANSPORT_NET_SOCKET_ADDRESS_H_

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>

#include "absl/types/optional.h"

namespace raft_cluster::internal {

class SocketAddress {
 public:
  // A numeric host, without brackets; "*" is all of IPv4. Nothing: it is a
  // name.
  static absl::optional<SocketAddress> OfTcp(const std::string& host,
                                             uint16_t port);
  // A Unix socket's. Nothing: the path is too long, and would be cut.
  static absl::optional<SocketAddress> OfPath(const std::string& path);

  int family() const { return storage_.ss_family; }
  const sockaddr* data() const {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  socklen_t size() const { return size_; }

 private:
  SocketAddress() = default;

  sockaddr_storage storage_ = {};
  socklen_t size_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_SOCKET_ADDRESS_H_
