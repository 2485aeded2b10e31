// The ZeroMQ transport: `tcp://` and `ipc://`, over libzmq.
//
//   raft_cluster::Opener open = raft_cluster::ZeroMqTransport();
//   auto transport = open({ParseUrl("tcp://127.0.0.1:0").value(), /*self=*/1});
//
// Each transport has a libzmq context with one I/O thread, listens on exactly
// one port, and has one outgoing connection to each peer. libzmq only carries:
// no frame is kept for a peer that is not connected, none survives its
// connection, and at most TransportSpec::queue_bytes wait for one peer. On the
// receiving side libzmq reads ahead of Poll() by 16 frames on each connection,
// or by queue_bytes in frames of 256 KiB if that is more. A tcp connection that
// brings more than a frame, and 64 KiB, of which nothing comes out is ended.
//
// Host names are resolved on threads of their own, anew before each attempt to
// connect, and all their addresses are tried in turn. A name that hangs holds
// up no other peer. Listening on a host name resolves it once and takes the
// first address that can be bound; the opener waits for that up to 5 seconds.
//
// With TransportSpec::keys every tcp connection is encrypted and both ends
// prove who they are (CURVE; keys.h makes the keys). Whoever has no key of the
// list gets nowhere, nor does one who speaks without keys. ipc is as it is
// without: the rights of the socket's folder say who may use it.
#ifndef RAFT_TRANSPORT_ZEROMQ_ZEROMQ_H_
#define RAFT_TRANSPORT_ZEROMQ_ZEROMQ_H_

#include "absl/status/statusor.h"
#include "raft/transport/net/resolver.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

struct ZeroMqOptions {
  // For tests, and for those who resolve in their own way.
  ResolveFunction resolve = ResolveWithSystem;
};

// The opener may be called from any thread.
// INVALID_ARGUMENT: the url is none for ParseZeroMqUrl(), a limit is 0, or the
// keys are not as KeyRing::Create() wants them.
// UNAVAILABLE: the address is in use, or cannot be bound (says why).
// RESOURCE_EXHAUSTED: the limits of descriptors or threads leave too few. It
// takes two threads, 13 descriptors, and 5 more for each peer.
Opener ZeroMqTransport(const ZeroMqOptions& options = {});

// The parser of both schemes. INVALID_ARGUMENT: neither of them, or what
// ParseTcpUrl() or ParseIpcUrl() refuses.
absl::StatusOr<ParsedUrl> ParseZeroMqUrl(const Url& url);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_ZEROMQ_H_
