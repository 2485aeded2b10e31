// The transports that come with the library: tcp, ipc (both ZeroMQ), plain,
// unix (the same over sockets of our own), shm (memory that processes of one
// host share) and loopback.
//
//   raft_cluster::Registry registry = raft_cluster::BuiltinTransports();
//   absl::Status status = registry.Register("udp", UdpTransport::Open);
//
// tcp:// and plain:// have a host and a port: an IPv4 address, an IPv6 address
// in brackets, or a host name; "*" for the host means all interfaces, and for
// the port one of the system's choice, as 0 does. ipc://, unix:// and shm://
// have a path of at most 107 bytes, and loopback:// a name of letters, digits,
// ".", "_", "-" and "/", or "*" for a fresh one. What no server can listen on
// is refused: a multicast or broadcast address, and a link-local one of IPv6,
// which would need a zone.
#ifndef RAFT_TRANSPORT_BUILTIN_BUILTIN_H_
#define RAFT_TRANSPORT_BUILTIN_BUILTIN_H_

#include "raft/transport/registry.h"

namespace raft_cluster {

// Each call makes a loopback network of its own, in which those meet that are
// opened from the result or its copies.
Registry BuiltinTransports();  // NOLINT: raft/cluster/config.h has it, too.

}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_BUILTIN_BUILTIN_H_
