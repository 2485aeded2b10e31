// The transport over any stream of bytes: the wire makes channels of sockets,
// and the rest, from listening to frames, is the same for all.
//
//   absl::StatusOr<std::unique_ptr<Transport>> transport =
//       OpenStream(spec, Place::kTcp, std::make_unique<TlsWire>(...));
//
// One connection serves both directions of a pair. Of its two servers that with
// the lower pid sends over the connection that it has made itself. The other
// one makes a connection of its own, too, until it knows that the first one is
// its peer's: a caller only claims to be somebody. It then sends over that one,
// once the peer has read all that was sent before, and its own is closed.
//
// It knows by a key, where the wire proves one; there the lower pid sends over
// the other one's connection as well, as long as it has none of its own, so
// that it is enough if one of the two can call. Otherwise by an echo: it tells
// each caller a number that nobody can guess, and its peer, which learns it
// over the connection that it made, sends it back over the one that was made to
// the peer's address. Whoever merely claims to be the peer can not do that.
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_STREAM_STREAM_TRANSPORT_H_
#define RAFT_TRANSPORT_STREAM_STREAM_TRANSPORT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "raft/transport/stream/wire.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::stream {

// Of an Opener. `spec.url` is of any scheme: peers have the same.
absl::StatusOr<std::unique_ptr<Transport>> OpenStream(
    const TransportSpec& spec, Place place, std::unique_ptr<Wire> wire);

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_STREAM_TRANSPORT_H_
