// One attempt to reach one address over a DEALER: it is dialled, comes up or
// not, and is lost some day. It never connects again: for that a new one is
// made, so that nothing that was queued on an old connection, and no late word
// about it, can be mistaken for the new one's.
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef TRANSPORT_ZEROMQ_CONNECTION_H_
#define TRANSPORT_ZEROMQ_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "transport/frame.h"
#include "transport/transport.h"
#include "transport/zeromq/event_set.h"
#include "transport/zeromq/message.h"
#include "transport/zeromq/socket.h"
#include "zmq.hpp"

namespace raft {
namespace zeromq {

// What all sockets of a transport have in common. Outlives them.
struct Environment {
  zmq::context_t& context;
  EventSet& events;
  size_t max_frame_bytes;
  size_t queue_bytes;
  uint64_t monitors = 0;  // Made so far: their names must differ.
};

class Connection {
 public:
  enum class State {
    kDialling,
    kUp,
    kLost,  // Never came up, or was lost. For good.
  };

  // Begins to connect to a numeric `endpoint` of libzmq's. `events` reports
  // `key` when there may be frames, and `monitor_key` when the state may have
  // changed. Null: the system has no descriptor left, or the endpoint is bad.
  static std::unique_ptr<Connection> Dial(Environment& environment,
                                          const std::string& endpoint,
                                          uint64_t key, uint64_t monitor_key);
  // What is queued is dropped.
  ~Connection();

  // Reads what has happened to it.
  State Update();
  State state() const { return state_; }

  // kFull also where it is not up.
  SendResult Send(const Frame& frame);
  // Frames come here that the peer sent by Reply().
  Receipt Receive(Incoming& incoming);
  // There are frames, which `events` may no longer report after a Send().
  bool readable() { return (PendingEvents(dealer_) & ZMQ_POLLIN) != 0; }

 private:
  explicit Connection(Environment& environment);

  bool Start(const std::string& endpoint, uint64_t key, uint64_t monitor_key);
  void OnEvent(uint16_t event, uint32_t value);

  Environment& environment_;
  zmq::socket_t dealer_;
  zmq::socket_t monitor_;
  // Shared with the messages in libzmq, which may outlive this.
  const std::shared_ptr<Budget> budget_;
  State state_ = State::kDialling;
};

}  // namespace zeromq
}  // namespace raft

#endif  // TRANSPORT_ZEROMQ_CONNECTION_H_
