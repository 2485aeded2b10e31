// One attempt to reach one address over a DEALER: it is dialled, comes up or
// not, and is lost some day. It never connects again: for that a new one is
// made, so that nothing that was queued on an old connection, and no late word
// about it, can be mistaken for the new one's.
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_ZEROMQ_CONNECTION_H_
#define RAFT_TRANSPORT_ZEROMQ_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "raft/transport/frame.h"
#include "raft/transport/transport.h"
#include "raft/transport/zeromq/environment.h"
#include "raft/transport/zeromq/inflow.h"
#include "raft/transport/zeromq/message.h"
#include "raft/transport/zeromq/monitor.h"
#include "raft/transport/zeromq/socket.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

class Connection {
 public:
  // What each takes: its socket, both ends of its monitor, and the wire.
  static constexpr int kDescriptors = 4;

  enum class State {
    kDialling,
    kUp,
    kLost,  // Never came up, or was lost. For good.
  };

  // Begins to connect to a numeric `endpoint` of libzmq's, to whoever has
  // `server_key` where there are keys. `events` reports `cookie` when there may
  // be frames, and `monitor_cookie` when the state may have changed. Null: the
  // system has no descriptor left, or the endpoint is bad.
  static std::unique_ptr<Connection> Dial(Environment& environment,
                                          const std::string& endpoint,
                                          const std::string& server_key,
                                          uint64_t cookie,
                                          uint64_t monitor_cookie);
  // What is queued is dropped.
  ~Connection();

  // Reads what has happened to it.
  State Update();
  State state() const { return state_; }
  // The other end has taken the call, though it may have hung up since.
  bool connected() const { return fd_ >= 0; }
  // It was lost because one side would not talk to the other.
  bool handshake_failed() const { return handshake_failed_; }
  // Namely because only one of them has keys.
  bool keys_of_one() const { return keys_of_one_; }

  // kFull also where it is not up.
  SendResult Send(const Frame& frame);
  // Frames come here that the peer sent by Reply().
  Receipt Receive(Incoming& incoming);
  // Gives up a connection over which the peer makes libzmq collect a message
  // without end: true. To be called every now and then, as the listener's.
  bool EndEndless();
  bool flows() const { return inflow_.flows(); }  // As the listener's.
  // There are frames, which `events` may no longer report after a Send().
  bool readable() { return (PendingEvents(dealer_) & ZMQ_POLLIN) != 0; }

 private:
  explicit Connection(Environment& environment);

  bool Start(const std::string& endpoint, const std::string& server_key,
             uint64_t cookie, uint64_t monitor_cookie);
  void OnEvent(const Monitor::Event& event);

  Environment& environment_;
  zmq::socket_t dealer_;
  std::unique_ptr<Monitor> monitor_;
  // Shared with the messages in libzmq, which may outlive this.
  const std::shared_ptr<Budget> budget_;
  State state_ = State::kDialling;
  bool handshake_failed_ = false;
  bool keys_of_one_ = false;
  int fd_ = -1;  // Of the connection, once there is one. It is libzmq's.
  Inflow inflow_;
  // There was nothing more to receive, since the last EndEndless().
  bool drained_ = false;
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_CONNECTION_H_
