// The transport over shared memory: shm:///path, between processes of one host.
//
// The path is that of a Unix socket, and as with any, the rights of its folder
// say who may call. Beside that the system tells each side whose process the
// other one is: only one's own user and root are taken, and the rest is turned
// away, in words at both ends.
//
// A connection is one socket and, for each direction, 1 MiB of memory, which
// the system gives as it is used: a connection that carries little keeps some
// pages, and one that carries much at most 2 MiB. The process that dials pays.
//
// Whoever has the memory can write what it likes into it, and at any time. That
// ends, or garbles, its own connection and no other; the bytes are copied out
// before anybody looks at them, so that a checksum means what it says.
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_SHM_SHM_H_
#define RAFT_TRANSPORT_SHM_SHM_H_

#include "absl/status/statusor.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// Errors: as of Opener.
Opener ShmTransport();

// The parser of the scheme. INVALID_ARGUMENT: it is another one, or its path is
// none: see ParseIpcUrl().
absl::StatusOr<ParsedUrl> ParseShmUrl(const Url& url);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_SHM_SHM_H_
