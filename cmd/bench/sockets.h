// TCP sockets of 127.0.0.1, none of which ever blocks.
//
// Thread rule: free functions; a OwnedFd is a value that is moved.
#ifndef RAFT_CMD_BENCH_SOCKETS_H_
#define RAFT_CMD_BENCH_SOCKETS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/transport/net/owned_fd.h"

namespace raft_cluster::internal {

// What errno says of `what`.
absl::Status SocketError(absl::string_view what);

// Sleeps until the descriptor may be read (or written), for kBenchPatience at
// most.
bool WaitToRead(int fd);
bool WaitToWrite(int fd);

// `url` is "tcp://127.0.0.1:PORT". UNAVAILABLE: says why.
absl::StatusOr<OwnedFd> ListenAt(const std::string& url);
// Tries again for 20 s while nobody listens there.
absl::StatusOr<OwnedFd> DialTo(const std::string& url);
// The next caller; none if there is none just now.
OwnedFd AcceptFrom(int listener);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SOCKETS_H_
