// Addresses as libzmq is told them: numbers only, since it would resolve names
// in the thread that serves all peers.
//
// Thread rule: functions of values.
#ifndef RAFT_TRANSPORT_ZEROMQ_ENDPOINT_H_
#define RAFT_TRANSPORT_ZEROMQ_ENDPOINT_H_

#include <cstdint>
#include <string>

#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace zeromq {

// The host of a tcp url has to be resolved: it is no address, nor "*".
bool IsHostName(const std::string& host);

// "tcp://[::1]:10001"; "*" in place of port 0. `address`: numeric, or "*".
std::string TcpEndpoint(const std::string& address, uint16_t port);

// Whether a socket needs ZMQ_IPV6 for it: an IPv6 address, or "*".
bool NeedsIpv6(const std::string& address);

// TCP has connected this socket to itself. That happens to whoever dials a port
// of the range from which the system takes the near end's, and nobody can
// listen on the port from then on. False for anything else.
bool IsConnectedToItself(int fd);

// A numeric address by which no other machine can reach this one.
bool IsLoopback(const std::string& address);

// The numeric address of a tcp connection's far end; "" where there is none.
std::string PeerHost(int fd);

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_ENDPOINT_H_
