// The addresses of ipc urls: paths of Unix sockets.
//
//   ipc:///run/raft/1.sock    an absolute path
//   ipc://1.sock              one that counts from the working directory of the
//                             process that opens it
//
// Thread rule: values.
#ifndef RAFT_TRANSPORT_NET_IPC_URL_H_
#define RAFT_TRANSPORT_NET_IPC_URL_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// What fits into a sockaddr_un, with its final NUL.
inline constexpr size_t kMaxIpcPathBytes = 107;

// The parser of the scheme: "ipc:///run//a" and "ipc:///run/./a" are one, but
// not a relative path and an absolute one. Never a wildcard.
// INVALID_ARGUMENT: the path names a folder, is longer than kMaxIpcPathBytes,
// begins with "@" (an abstract socket), or holds a NUL byte.
absl::StatusOr<ParsedUrl> ParseIpcUrl(const Url& url);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_IPC_URL_H_
