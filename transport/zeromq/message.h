// Frames into libzmq and out of it.
//
// libzmq bounds its queues by the number of messages, so a bound in bytes is
// kept here: every message tells its budget when libzmq has handed its last
// byte to the system, or dropped it.
//
// Thread rule: Budget::Return() from any thread (it is libzmq's), all else
// under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_ZEROMQ_MESSAGE_H_
#define RAFT_TRANSPORT_ZEROMQ_MESSAGE_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

class Budget {
 public:
  // `on_room` is called, on any thread, when there may be room again after a
  // refusal. It must stay good as long as libzmq holds messages.
  Budget(size_t limit_bytes, std::function<void()> on_room)
      : limit_bytes_(limit_bytes), on_room_(std::move(on_room)) {}

  // Takes room, which there always is where nothing else is queued.
  bool Take(size_t bytes);
  void Return(size_t bytes);

 private:
  const size_t limit_bytes_;
  const std::function<void()> on_room_;
  std::atomic<size_t> queued_bytes_{0};
  std::atomic<bool> refused_{false};
};

// Sends `frame` as one message: in one part where it is small, else the head in
// pieces and then the body, by reference. kFull: the budget has no room
// (which it will tell), or libzmq takes nothing (see EAGAIN of zmq_send).
SendResult SendFrame(zmq::socket_t& socket, const Frame& frame,
                     const std::shared_ptr<Budget>& budget);

// Sends `frame` to the peer of a ROUTER that has this routing id. kUnknown: it
// has gone. kFull: ZMQ_SNDHWM messages wait for it.
SendResult SendFrameTo(zmq::socket_t& router, absl::string_view routing_id,
                       const Frame& frame);

enum class Receipt {
  kFrame,  // One was received.
  // A message was dropped: no frame of ours; above the limit; of one whose key
  // nobody has looked at, though there are keys.
  kMalformed,
  kTooLarge,
  kUnproven,
  kNothing,  // None is there.
};

// Of a receipt that is neither kFrame nor kNothing.
TurnedAway WhyNoFrame(Receipt receipt);

struct Incoming {
  std::string routing_id;   // Of the sender, where a ROUTER received it.
  std::string sender_host;  // As libzmq knows it, or empty.
  // Of a ROUTER: the descriptor of the connection.
  int descriptor = -1;
  Pid proven = 0;   // Of a sender of kProven: whose key it has,
  std::string key;  // and which.
  Frame frame;
};

enum class Sender {
  kPeer,      // A DEALER's only one.
  kStranger,  // Some caller of a ROUTER.
  kProven,    // The same, past a ZapAuthenticator.
};

// Takes one message from a socket.
Receipt ReceiveFrame(zmq::socket_t& socket, Sender sender,
                     size_t max_frame_bytes, Incoming& incoming);

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_MESSAGE_H_
