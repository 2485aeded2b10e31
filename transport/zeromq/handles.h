// Numbers that stand for what a transport watches, and for where a frame came
// from.
//
// Thread rule: functions of values.
#ifndef RAFT_TRANSPORT_ZEROMQ_HANDLES_H_
#define RAFT_TRANSPORT_ZEROMQ_HANDLES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "raft/base/pid.h"

namespace raft_cluster::internal {
namespace zeromq {

// The poller's cookies: of the descriptors that a peer's frames and what its
// monitor has to say are told by. The listener is pid 0.
inline uint64_t FramesCookie(Pid peer) {
  return static_cast<uint64_t>(peer) * 2;
}
inline uint64_t MonitorCookie(Pid peer) { return FramesCookie(peer) + 1; }
inline Pid PeerOfCookie(uint64_t cookie) {
  return static_cast<Pid>(cookie / 2);
}
inline bool IsMonitorCookie(uint64_t cookie) { return cookie % 2 == 1; }

// Origin::connection: a peer that we have dialled, with a mark; else libzmq's
// routing id, which is a byte of zero and a number of 32 bits.
inline constexpr uint64_t kDialledMark = uint64_t{1} << 63;

inline bool IsDialled(uint64_t connection) {
  return (connection & kDialledMark) != 0;
}
inline uint64_t DialledConnection(Pid peer) {
  return kDialledMark | static_cast<uint64_t>(peer);
}
inline Pid DialledPeer(uint64_t connection) {
  return static_cast<Pid>(connection & ~kDialledMark);
}

inline uint64_t InboundConnection(const std::string& routing_id) {
  uint64_t connection = 0;
  for (const char byte : routing_id) {
    connection = connection << 8 | static_cast<uint8_t>(byte);
  }
  return connection & ~kDialledMark;
}
inline std::string RoutingId(uint64_t connection) {
  std::string routing_id(5, '\0');
  for (size_t i = routing_id.size(); i > 0; --i, connection >>= 8) {
    routing_id[i - 1] = static_cast<char>(connection & 0xff);
  }
  return routing_id;
}

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_HANDLES_H_
