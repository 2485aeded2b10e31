#include "raft/transport/zeromq/connection.h"

#include <zmq.h>

#include "absl/strings/match.h"
#include "absl/types/optional.h"
#include "raft/transport/net/address.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

constexpr int kEvents =
    ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_CLOSED |
    ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
    ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

}  // namespace

Connection::Connection(Environment& environment)
    : environment_(environment),
      budget_(std::make_shared<Budget>(
          environment.queue_bytes,
          [&events = environment.events] { events.Wake(); })) {
  environment_.descriptors.Hold(kDescriptors);
}

Connection::~Connection() {
  environment_.descriptors.Hold(-kDescriptors);
  // Before the socket closes: somebody else may get the number at once.
  if (dealer_) environment_.events.Remove(Descriptor(dealer_));
}

std::unique_ptr<Connection> Connection::Dial(Environment& environment,
                                             const std::string& endpoint,
                                             const std::string& server_key,
                                             uint64_t cookie,
                                             uint64_t monitor_cookie) {
  std::unique_ptr<Connection> connection(new Connection(environment));
  if (!connection->Start(endpoint, server_key, cookie, monitor_cookie)) {
    return nullptr;
  }
  return connection;
}

bool Connection::Start(const std::string& endpoint,
                       const std::string& server_key, uint64_t cookie,
                       uint64_t monitor_cookie) {
  const KeyRing& keys = environment_.keys;
  dealer_ = OpenSocket(environment_.context, zmq::socket_type::dealer);
  if (!dealer_ || !SetWireOptions(dealer_, environment_) ||
      // The budget bounds what is sent.
      !SetOption(dealer_, ZMQ_SNDHWM, 0) ||
      // Peer dials anew, after another look-up and with jitter; libzmq would
      // keep to the address that it was given.
      !SetOption(dealer_, ZMQ_RECONNECT_IVL, -1) ||
      // Nothing is queued before there is somebody to read it.
      !SetOption(dealer_, ZMQ_IMMEDIATE, 1) ||
      !SetOption(dealer_, ZMQ_IPV6, absl::StrContains(endpoint, '['))) {
    return false;
  }
  if (!keys.empty() &&
      (!SetOption(dealer_, ZMQ_CURVE_SERVERKEY, server_key) ||
       !SetOption(dealer_, ZMQ_CURVE_PUBLICKEY, keys.own_public()) ||
       !SetOption(dealer_, ZMQ_CURVE_SECRETKEY, keys.secret()))) {
    return false;
  }
  monitor_ = Monitor::Watch(environment_, dealer_, kEvents, monitor_cookie);
  return monitor_ != nullptr &&
         environment_.events.Add(Descriptor(dealer_), cookie) &&
         Connect(dealer_, endpoint);
}

Connection::State Connection::Update() {
  for (Monitor::Event event; monitor_->Next(&event);) OnEvent(event);
  return state_;
}

void Connection::OnEvent(const Monitor::Event& event) {
  switch (event.number) {
    case ZMQ_EVENT_CONNECTED:
      // The descriptor may belong to somebody else by now, but hardly to
      // another one that is connected to itself.
      fd_ = static_cast<int>(event.value);
      if (IsConnectedToItself(fd_)) {
        state_ = State::kLost;
      }
      break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      if (state_ == State::kDialling) state_ = State::kUp;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      // Whoever has another key than we think hangs up; so does one who ends.
      handshake_failed_ |= !environment_.keys.empty();
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      keys_of_one_ |= IsKeysOfOne(event);
      handshake_failed_ = true;
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
  const Receipt receipt = ReceiveFrame(dealer_, Sender::kPeer,
                                       environment_.max_frame_bytes, incoming);
  if (receipt == Receipt::kNothing) {
    drained_ = true;
  } else {
    inflow_.HandedOut();
  }
  return receipt;
}

bool Connection::EndEndless() {
  const absl::optional<uint64_t> read = ReadFrom(fd_);
  if (state_ != State::kUp || !read.has_value()) return false;
  drained_ |= !readable();
  const bool is_endless =
      inflow_.Withheld(*read) > MaxWithheldBytes(environment_, drained_);
  drained_ = false;
  if (is_endless) state_ = State::kLost;
  return is_endless;
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
