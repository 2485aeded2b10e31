// Where a server listens, taken apart and put into canonical form.
//
//   tcp://127.0.0.1:10001     IPv4
//   tcp://[::1]:10001         IPv6, in brackets
//   tcp://db.example.org:80   a host name
//   tcp://*:0  tcp://h:*      all interfaces; a port of the system's choice
//   127.0.0.1:10001           short for tcp://
//   ipc:///run/raft/1.sock    a path (a Unix socket)
//   loopback://one            a name in a network in memory
//   loopback://*              a fresh name of the network's choice
//   udp://anything            another scheme: scheme and address, uninterpreted
//
//   absl::StatusOr<raft_cluster::Url> url =
//       raft_cluster::ParseUrl("127.0.0.1:10001");
//
// Thread rule: a value.
#ifndef RAFT_TRANSPORT_URL_H_
#define RAFT_TRANSPORT_URL_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/pid.h"

namespace raft_cluster {

struct Url {
  std::string scheme;   // "tcp"; lower case.
  std::string address;  // All after "://", in canonical form.
  // Of tcp only.
  std::string host;   // Without brackets; "*" for all interfaces.
  uint16_t port = 0;  // 0: the system chooses.

  // Can be listened on but not connected to: a part of it is known only once
  // it is bound (tcp's port 0, loopback's name "*") or means many (tcp's hosts
  // "*", "0.0.0.0" and "::").
  bool wildcard() const;
  std::string ToString() const;  // "tcp://[::1]:10001"

  friend bool operator==(const Url& a, const Url& b) {
    return a.scheme == b.scheme && a.address == b.address;
  }
  friend bool operator!=(const Url& a, const Url& b) { return !(a == b); }
};

// Two spellings of one address give equal urls, as far as the text alone can
// tell: "TCP://LOCALHOST:080" and "localhost:80", "tcp://[0:0::1]:80" and
// "tcp://[::1]:80", "ipc:///run//a" and "ipc:///run/./a". Not so a name and
// what it resolves to, nor a relative path and an absolute one.
//
// INVALID_ARGUMENT: says which part of which text is wrong and what is allowed,
// e.g. `port 100001 of "127.0.0.1:100001" is not in 1..65535 ...`. Allowed are
// - tcp: an IPv4 address, an IPv6 address without zone in brackets, a host name
//   (labels of letters, digits, "-" and "_") or "*"; then ":" and a port.
// - ipc: a path that is not empty, at most kMaxIpcPathBytes long and does not
//   begin with "@". A relative one counts from the working directory of the
//   process that opens it.
// - loopback: a name of letters, digits, ".", "_", "-" and "/", or "*".
// - any other scheme: an address that is not empty.
absl::StatusOr<Url> ParseUrl(absl::string_view text);

// What fits into a sockaddr_un, with its final NUL.
inline constexpr size_t kMaxIpcPathBytes = 107;

}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_URL_H_
