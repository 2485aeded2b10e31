// The addresses of tcp urls: a host and a port.
//
//   tcp://127.0.0.1:10001     IPv4
//   tcp://[::1]:10001         IPv6, in brackets
//   tcp://db.example.org:80   a host name
//   tcp://*:0  tcp://h:*      all interfaces; a port of the system's choice
//
// Thread rule: values.
#ifndef RAFT_TRANSPORT_NET_TCP_ADDRESS_H_
#define RAFT_TRANSPORT_NET_TCP_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

struct TcpAddress {
  std::string host;   // Canonical, without brackets; "*" for all interfaces.
  uint16_t port = 0;  // 0: the system chooses.

  // The port is not known before it is bound, or the host ("*", "0.0.0.0",
  // "::") means many.
  bool wildcard() const;
  std::string ToString() const;  // "[::1]:10001"
};

// INVALID_ARGUMENT: it is not a host, ":" and a port, where a host is "*", an
// IPv4 address, an IPv6 address without a zone in brackets, or a host name
// (labels of letters, digits, "-" and "_"); or no server can ever listen
// there: a multicast or broadcast address, or a link-local one of IPv6.
absl::StatusOr<TcpAddress> ParseTcpAddress(const Url& url);

// Where a TCP socket is bound. UNAVAILABLE: nowhere, or it is none.
absl::StatusOr<TcpAddress> NearAddress(int fd);

// The parser of the scheme. "TCP://LOCALHOST:080" and "localhost:80" are one,
// and so are "tcp://[0:0::1]:80" and "tcp://[::1]:80"; a name and what it
// resolves to are not.
absl::StatusOr<ParsedUrl> ParseTcpUrl(const Url& url);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_TCP_ADDRESS_H_
