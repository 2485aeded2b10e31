// What libzmq's thread tells of the connections of one socket.
//
//   std::unique_ptr<Monitor> monitor =
//       Monitor::Watch(environment, dealer, ZMQ_EVENT_DISCONNECTED, cookie);
//   for (Monitor::Event event; monitor->Next(&event);) ...
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_ZEROMQ_MONITOR_H_
#define RAFT_TRANSPORT_ZEROMQ_MONITOR_H_

#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>
#include <memory>

#include "raft/transport/zeromq/environment.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

class Monitor {
 public:
  struct Event {
    uint16_t number = 0;  // ZMQ_EVENT_...
    uint32_t value = 0;   // A descriptor or an error, as the number has it.
  };

  // `events`: a sum of ZMQ_EVENT_...; the event set reports `cookie` when there
  // is something. Null: the system has no descriptor left.
  static std::unique_ptr<Monitor> Watch(Environment& environment,
                                        zmq::socket_t& socket, int events,
                                        uint64_t cookie);
  // Belongs before the socket is closed.
  ~Monitor();

  // False: there is nothing more just now.
  bool Next(Event* event);
  // Sleeps until there may be something, or for so long.
  void Wait(std::chrono::nanoseconds timeout);

 private:
  Monitor(Environment& environment, zmq::socket_t& socket)
      : environment_(environment), watched_(socket) {}

  Environment& environment_;
  zmq::socket_t& watched_;
  zmq::socket_t socket_;
};

// A handshake has failed since one side wants keys (CURVE) and the other one
// speaks without (NULL).
inline bool IsKeysOfOne(const Monitor::Event& event) {
  return event.number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
         event.value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH;
}

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_MONITOR_H_
