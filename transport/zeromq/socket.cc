#include "raft/transport/zeromq/socket.h"

#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// Dialling, and then the handshake, may each take this long.
constexpr int kConnectTimeoutMs = 2000;
constexpr int kHandshakeTimeoutMs = 2000;

// A peer whose machine vanished is let go of after 15 + 3 * 5 seconds.
constexpr int kKeepAliveIdleSeconds = 15;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveProbes = 3;

// Messages that libzmq reads ahead of us on each connection; with those it
// stops reading, and the sender's system takes no more. The fewest at which
// its threads do not get in each other's way.
constexpr size_t kMinReadAhead = 16;
constexpr size_t kMaxReadAhead = 1024;
constexpr size_t kUsualFrameBytes = size_t{256} << 10;

// What libzmq reads at a time, and more.
constexpr size_t kBlockBytes = size_t{64} << 10;

// CURVE's handshake comes in messages too, of some 300 bytes.
constexpr uint64_t kHandshakeBytes = 1024;

// Of messages.
size_t ReadAhead(const Environment& environment) {
  return std::min(
      std::max(environment.queue_bytes / kUsualFrameBytes, kMinReadAhead),
      kMaxReadAhead);
}

int GetInt(zmq::socket_t& socket, int option, int fallback) {
  int value = fallback;
  size_t size = sizeof(value);
  const int rc = Uninterrupted(
      [&] { return zmq_getsockopt(socket.handle(), option, &value, &size); });
  return rc < 0 ? fallback : value;
}

bool SetBytes(zmq::socket_t& socket, int option, const void* bytes,
              size_t size) {
  return Uninterrupted([&] {
           return zmq_setsockopt(socket.handle(), option, bytes, size);
         }) == 0;
}

}  // namespace

zmq::socket_t OpenSocket(zmq::context_t& context, zmq::socket_type type) {
  try {
    return zmq::socket_t(context, type);
  } catch (const zmq::error_t&) {
    return zmq::socket_t();  // errno is as libzmq has set it.
  }
}

bool SetWireOptions(zmq::socket_t& socket, const Environment& environment) {
  uint64_t largest = environment.max_frame_bytes;
  if (!environment.keys.empty()) {
    largest = std::max(largest, kHandshakeBytes);
    largest += KeyRing::kMessageOverheadBytes;
  }
  const auto max_message_bytes = static_cast<int64_t>(
      std::min<uint64_t>(largest, std::numeric_limits<int64_t>::max()));
  return SetBytes(socket, ZMQ_MAXMSGSIZE, &max_message_bytes,
                  sizeof(max_message_bytes)) &&
         SetOption(socket, ZMQ_LINGER, 0) &&
         // libzmq's own heartbeats would call a peer dead whose thread is slow
         // to read; links have theirs.
         SetOption(socket, ZMQ_HEARTBEAT_IVL, 0) &&
         SetOption(socket, ZMQ_RCVHWM,
                   static_cast<int>(ReadAhead(environment))) &&
         SetOption(socket, ZMQ_CONNECT_TIMEOUT, kConnectTimeoutMs) &&
         SetOption(socket, ZMQ_HANDSHAKE_IVL, kHandshakeTimeoutMs) &&
         SetOption(socket, ZMQ_TCP_KEEPALIVE, 1) &&
         SetOption(socket, ZMQ_TCP_KEEPALIVE_IDLE, kKeepAliveIdleSeconds) &&
         SetOption(socket, ZMQ_TCP_KEEPALIVE_INTVL,
                   kKeepAliveIntervalSeconds) &&
         SetOption(socket, ZMQ_TCP_KEEPALIVE_CNT, kKeepAliveProbes);
}

size_t MaxWithheldBytes(const Environment& environment, bool drained) {
  // The frame that is being read.
  const size_t frames = 1 + (drained ? 0 : ReadAhead(environment));
  return frames * environment.max_frame_bytes + kBlockBytes;
}

bool Bind(zmq::socket_t& socket, const std::string& endpoint) {
  return Uninterrupted(
             [&] { return zmq_bind(socket.handle(), endpoint.c_str()); }) == 0;
}

bool Connect(zmq::socket_t& socket, const std::string& endpoint) {
  return Uninterrupted([&] {
           return zmq_connect(socket.handle(), endpoint.c_str());
         }) == 0;
}

bool SetOption(zmq::socket_t& socket, int option, int value) {
  return SetBytes(socket, option, &value, sizeof(value));
}

bool SetOption(zmq::socket_t& socket, int option, const std::string& value) {
  return SetBytes(socket, option, value.c_str(), value.size() + 1);
}

int Descriptor(zmq::socket_t& socket) { return GetInt(socket, ZMQ_FD, -1); }

int PendingEvents(zmq::socket_t& socket) {
  return GetInt(socket, ZMQ_EVENTS, 0);
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
