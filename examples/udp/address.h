// udp://127.0.0.1:10001: an address of this machine's loopback, and a port; 0
// is one of the system's choice.
//
// Thread rule: free functions.
#ifndef RAFT_EXAMPLES_UDP_ADDRESS_H_
#define RAFT_EXAMPLES_UDP_ADDRESS_H_

#include <netinet/in.h>

#include <string>

#include "absl/status/statusor.h"
#include "raft/transport/url.h"

namespace udp {

// INVALID_ARGUMENT: another scheme, no address of 127.0.0.0/8, or no port.
absl::StatusOr<sockaddr_in> ParseAddress(const raft_cluster::Url& url);

// What a Registry asks: the canonical form, and whether it is a wildcard.
absl::StatusOr<raft_cluster::ParsedUrl> ParseUrl(const raft_cluster::Url& url);

// "127.0.0.1:10001"
std::string ToText(const sockaddr_in& address);

bool SameAddress(const sockaddr_in& a, const sockaddr_in& b);

}  // namespace udp

#endif  // RAFT_EXAMPLES_UDP_ADDRESS_H_
