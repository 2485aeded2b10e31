// libzmq's sockets, opened and set up without exceptions: cppzmq owns them, and
// every call that may fail goes to libzmq directly and answers with a value.
//
// Thread rule: under the transport's lock. Nothing blocks.
#ifndef RAFT_TRANSPORT_ZEROMQ_SOCKET_H_
#define RAFT_TRANSPORT_ZEROMQ_SOCKET_H_

#include <cerrno>
#include <cstddef>
#include <string>

#include "raft/transport/zeromq/environment.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

// Repeats a call of libzmq's that a signal has interrupted: any may be, also
// those of which the manual does not say so. Nothing has happened then.
template <typename Call>
int Uninterrupted(Call call) {
  int rc;
  do {
    rc = call();
  } while (rc < 0 && errno == EINTR);
  return rc;
}

// An empty socket: the system has no descriptor left (see errno).
zmq::socket_t OpenSocket(zmq::context_t& context, zmq::socket_type type);

// Sets what every socket has that talks to other processes: nothing lingers,
// messages and handshakes are bounded, dead connections are found out, and
// libzmq's own heartbeats are off.
bool SetWireOptions(zmq::socket_t& socket, const Environment& environment);

// The most that libzmq has for a while of what came over one connection that is
// in good order: `drained`, there was a moment since when nothing was left to
// take from it; otherwise with all that it reads ahead.
size_t MaxWithheldBytes(const Environment& environment, bool drained);

// False: see errno.
bool Bind(zmq::socket_t& socket, const std::string& endpoint);
bool Connect(zmq::socket_t& socket, const std::string& endpoint);

bool SetOption(zmq::socket_t& socket, int option, int value);
bool SetOption(zmq::socket_t& socket, int option, const std::string& value);

// The descriptor that libzmq makes readable when it has something to tell the
// socket. That has been told is seen by PendingEvents() alone.
int Descriptor(zmq::socket_t& socket);

// ZMQ_EVENTS. Asking makes libzmq look at what its threads have told the
// socket, which sending and receiving do only now and then; what has been
// looked at no longer shows on the descriptor.
int PendingEvents(zmq::socket_t& socket);

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_SOCKET_H_
