#include "transport/zeromq/connection.h"

#include <zmq.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "transport/zeromq/endpoint.h"

namespace raft {
namespace zeromq {
namespace {

// No more than these, so that the few that one attempt causes always fit into
// the monitor's queue: where that is full, libzmq's thread waits in it.
constexpr int kEvents = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                        ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED;

}  // namespace

Connection::Connection(Environment& environment)
    : environment_(environment),
      budget_(std::make_shared<Budget>(
          environment.queue_bytes,
          [&events = environment.events] { events.Wake(); })) {}

Connection::~Connection() {
  if (monitor_) environment_.events.Remove(Descriptor(monitor_));
  if (!dealer_) return;
  environment_.events.Remove(Descriptor(dealer_));
  // Before its far end is closed: libzmq's thread would wait for somebody to
  // read its next event, for ever.
  zmq_socket_monitor(dealer_.handle(), nullptr, 0);
}

std::unique_ptr<Connection> Connection::Dial(Environment& environment,
                                             const std::string& endpoint,
                                             uint64_t key,
                                             uint64_t monitor_key) {
  std::unique_ptr<Connection> connection(new Connection(environment));
  if (!connection->Start(endpoint, key, monitor_key)) return nullptr;
  return connection;
}

bool Connection::Start(const std::string& endpoint, uint64_t key,
                       uint64_t monitor_key) {
  dealer_ = OpenSocket(environment_.context, zmq::socket_type::dealer);
  if (!dealer_ ||
      !SetWireOptions(dealer_, environment_.max_frame_bytes,
                      environment_.queue_bytes) ||
      // The budget bounds what is sent.
      !SetOption(dealer_, ZMQ_SNDHWM, 0) ||
      !SetOption(dealer_, ZMQ_RECONNECT_IVL, -1) ||
      // Nothing is queued before there is somebody to read it.
      !SetOption(dealer_, ZMQ_IMMEDIATE, 1) ||
      !SetOption(dealer_, ZMQ_IPV6, absl::StrContains(endpoint, '['))) {
    return false;
  }
  const std::string name =
      absl::StrCat("inproc://monitor-", ++environment_.monitors);
  if (zmq_socket_monitor(dealer_.handle(), name.c_str(), kEvents) != 0) {
    return false;
  }
  monitor_ = OpenSocket(environment_.context, zmq::socket_type::pair);
  if (!monitor_ || !SetOption(monitor_, ZMQ_LINGER, 0) ||
      zmq_connect(monitor_.handle(), name.c_str()) != 0) {
    return false;
  }
  // Its descriptor tells of nothing before it has once been found empty.
  PendingEvents(monitor_);
  return environment_.events.Add(Descriptor(monitor_), monitor_key) &&
         environment_.events.Add(Descriptor(dealer_), key) &&
         zmq_connect(dealer_.handle(), endpoint.c_str()) == 0;
}

Connection::State Connection::Update() {
  for (;;) {
    zmq::message_t event;
    zmq::message_t address;
    if (zmq_msg_recv(event.handle(), monitor_.handle(), ZMQ_DONTWAIT) < 0) {
      if (errno == EINTR || (PendingEvents(monitor_) & ZMQ_POLLIN) != 0) {
        continue;
      }
      return state_;
    }
    zmq_msg_recv(address.handle(), monitor_.handle(), ZMQ_DONTWAIT);
    // Number and value, unaligned.
    uint16_t number;
    uint32_t value;
    if (event.size() != sizeof(number) + sizeof(value)) continue;
    const char* data = static_cast<const char*>(event.data());
    std::memcpy(&number, data, sizeof(number));
    std::memcpy(&value, data + sizeof(number), sizeof(value));
    OnEvent(number, value);
  }
}

void Connection::OnEvent(uint16_t event, uint32_t value) {
  switch (event) {
    case ZMQ_EVENT_CONNECTED:
      // The descriptor may belong to somebody else by now, but hardly to
      // another one that is connected to itself.
      if (IsConnectedToItself(static_cast<int>(value))) state_ = State::kLost;
      break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      if (state_ == State::kDialling) state_ = State::kUp;
      break;
    case ZMQ_EVENT_CLOSED:  // Could not connect.
    case ZMQ_EVENT_DISCONNECTED:
      state_ = State::kLost;
      break;
    default:
      break;
  }
}

SendResult Connection::Send(const Frame& frame) {
  if (state_ != State::kUp) return SendResult::kFull;
  return SendFrame(dealer_, frame, budget_);
}

Receipt Connection::Receive(Incoming& incoming) {
  return ReceiveFrame(dealer_, /*routed=*/false, environment_.max_frame_bytes,
                      incoming);
}

}  // namespace zeromq
}  // namespace raft
