// Addresses as libzmq is told them: numbers only, since it would resolve names
// in the thread that serves all peers.
//
// Thread rule: functions of values.
#ifndef RAFT_TRANSPORT_ZEROMQ_ENDPOINT_H_
#define RAFT_TRANSPORT_ZEROMQ_ENDPOINT_H_

#include <cstdint>
#include <string>

namespace raft_cluster::internal {
namespace zeromq {

// "tcp://[::1]:10001"; "*" in place of port 0. `address`: numeric, or "*".
std::string TcpEndpoint(const std::string& address, uint16_t port);

// Whether a socket needs ZMQ_IPV6 for it: an IPv6 address, or "*".
bool NeedsIpv6(const std::string& address);

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_ENDPOINT_H_
