// What an address tells, and what a connected socket tells of its two ends.
//
// Thread rule: functions of values; none blocks or asks a resolver.
#ifndef RAFT_TRANSPORT_NET_ADDRESS_H_
#define RAFT_TRANSPORT_NET_ADDRESS_H_

#include <string>

namespace raft_cluster::internal {

// The host of a tcp url has to be resolved: it is no address, nor "*".
bool IsHostName(const std::string& host);

// TCP has connected this socket to itself. That happens to whoever dials a port
// of the range from which the system takes the near end's, and nobody can
// listen on the port from then on. False for anything else.
bool IsConnectedToItself(int fd);

// A numeric address by which no other machine can reach this one.
bool IsLoopback(const std::string& address);

// The numeric address of a tcp connection's far end, "127.0.0.1:40122" or
// "[::1]:40122"; "" where there is none.
std::string PeerAddress(int fd);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_ADDRESS_H_
