// A network in memory: `loopback://name`.
//
//   raft_cluster::Opener open = raft_cluster::NewLoopbackNetwork();
//   auto one = open({ParseUrl("loopback://one").value(), /*self=*/1});
//   auto two = open({ParseUrl("loopback://two").value(), /*self=*/2});
//
// It is as unkind as a wire where that matters: connections come up only while
// one polls, queues are bounded in bytes, nothing is kept for a peer that is
// not there, and what a peer has not polled is dropped when either side closes
// or connects anew. It loses, doubles and reorders nothing else, and hands the
// very bytes that were sent to the receiver, without a copy.
//
// The name "*" takes a fresh name, see Transport::url().
#ifndef RAFT_TRANSPORT_LOOPBACK_LOOPBACK_H_
#define RAFT_TRANSPORT_LOOPBACK_LOOPBACK_H_

#include "absl/status/statusor.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// Makes a new, empty network. What is opened through the opener or its copies
// meets in it; the names of two networks have nothing to do with each other.
//
// The opener may be called from any thread. UNAVAILABLE: the name is taken.
// INVALID_ARGUMENT: the scheme is not "loopback", or a limit of the spec is 0.
Opener NewLoopbackNetwork();

// The parser of the scheme. INVALID_ARGUMENT: the address is not "*", nor a
// name of letters, digits, ".", "_", "-" and "/".
absl::StatusOr<ParsedUrl> ParseLoopbackUrl(const Url& url);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_LOOPBACK_LOOPBACK_H_
