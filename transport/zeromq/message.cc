#include "transport/zeromq/message.h"

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/numbers.h"
#include "transport/zeromq/socket.h"

namespace raft {
namespace zeromq {
namespace {

// Below this a copy is cheaper than what a second part and a reference cost.
constexpr size_t kReferenceBytes = size_t{16} << 10;
// libzmq hands out small messages as views into the 8 KiB blocks that it reads
// into: to keep one would keep the whole block, hence a copy.
constexpr size_t kSharedBlockBytes = size_t{8} << 10;
// Counted for each message, so that empty ones have a bound too: about what
// libzmq itself takes for one.
constexpr size_t kMessageOverheadBytes = 128;

// What libzmq keeps of a frame until it is done with it.
struct Part {
  // Shared, because a message may outlive its connection. May be null.
  std::shared_ptr<Budget> budget;
  size_t bytes = 0;
  std::string copy;
  Bytes shared;
  // Pairs the thread that fills this with the one that frees it, where tools
  // do not see how libzmq passes it on.
  std::atomic<bool> filled{false};
};

void Release(void* /*data*/, void* hint) {
  const auto* part = static_cast<Part*>(hint);
  const bool filled = part->filled.load(std::memory_order_acquire);
  if (filled && part->budget != nullptr) part->budget->Return(part->bytes);
  delete part;
}

zmq::message_t ToMessage(std::unique_ptr<Part> part, absl::string_view bytes) {
  part->filled.store(true, std::memory_order_release);
  // libzmq takes no const, and writes nothing.
  return zmq::message_t(const_cast<char*>(bytes.data()), bytes.size(), Release,
                        part.release());
}

std::unique_ptr<Part> NewPart(const std::shared_ptr<Budget>& budget,
                              size_t bytes) {
  auto part = std::make_unique<Part>();
  part->budget = budget;
  part->bytes = bytes;
  return part;
}

zmq::message_t CopyParts(absl::string_view head, absl::string_view body,
                         const std::shared_ptr<Budget>& budget) {
  const size_t size = head.size() + body.size();
  std::unique_ptr<Part> part = NewPart(budget, size + kMessageOverheadBytes);
  part->copy.reserve(size);
  part->copy.append(head.data(), head.size());
  part->copy.append(body.data(), body.size());
  const absl::string_view bytes = part->copy;
  return ToMessage(std::move(part), bytes);
}

zmq::message_t SharePart(const Bytes& bytes,
                         const std::shared_ptr<Budget>& budget) {
  std::unique_ptr<Part> part = NewPart(budget, bytes.size());
  part->shared = bytes;
  return ToMessage(std::move(part), bytes.view());
}

// 0, or what errno says.
int SendPart(zmq::socket_t& socket, zmq::message_t& part, int flags) {
  for (bool retried = false;;) {
    const int rc =
        zmq_msg_send(part.handle(), socket.handle(), flags | ZMQ_DONTWAIT);
    if (rc >= 0) return 0;
    const int error = errno;
    if (error == EINTR) continue;
    // Sending looks only now and then at whether there is room, or somebody to
    // send to: once more, now that it has looked.
    if (error != EAGAIN || retried ||
        (PendingEvents(socket) & ZMQ_POLLOUT) == 0) {
      return error;
    }
    retried = true;
  }
}

bool ReceivePart(zmq::socket_t& socket, zmq::message_t& part) {
  int rc;
  do {
    rc = zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT);
  } while (rc < 0 && errno == EINTR);
  return rc >= 0;
}

absl::string_view View(const zmq::message_t& message) {
  return absl::string_view(static_cast<const char*>(message.data()),
                           message.size());
}

Bytes ToBytes(zmq::message_t message) {
  if (message.size() <= kSharedBlockBytes) return Bytes::Copy(View(message));
  auto owner = std::make_shared<const zmq::message_t>(std::move(message));
  const absl::string_view view = View(*owner);
  return Bytes(std::move(owner), view);
}

// Sends a frame, behind a routing id where there is one.
int SendParts(zmq::socket_t& socket, absl::string_view routing_id,
              const Frame& frame, const std::shared_ptr<Budget>& budget) {
  if (budget != nullptr &&
      !budget->Take(frame.size() + kMessageOverheadBytes)) {
    return EAGAIN;
  }
  const bool in_one = frame.size() < kReferenceBytes || frame.body.empty();
  zmq::message_t head =
      CopyParts(frame.head.view(), in_one ? frame.body.view() : "", budget);
  zmq::message_t body =
      in_one ? zmq::message_t() : SharePart(frame.body, budget);
  if (!routing_id.empty()) {
    zmq::message_t id(routing_id.data(), routing_id.size());
    const int error = SendPart(socket, id, ZMQ_SNDMORE);
    if (error != 0) return error;
  }
  const int error = SendPart(socket, head, in_one ? 0 : ZMQ_SNDMORE);
  if (error != 0 || in_one) return error;
  // Where the connection has broken since the head, libzmq rolls that back.
  return SendPart(socket, body, 0);
}

SendResult ToResult(int error) {
  switch (error) {
    case 0:
      return SendResult::kSent;
    case EHOSTUNREACH:  // ZMQ_ROUTER_MANDATORY: nobody has this routing id.
      return SendResult::kUnknown;
    default:
      return SendResult::kFull;
  }
}

void DropRest(zmq::socket_t& socket, zmq::message_t& part) {
  while (part.more() && ReceivePart(socket, part)) {
  }
}

}  // namespace

bool Budget::Take(size_t bytes) {
  // Twice: room that comes before the refusal is noted would not be told.
  for (int i = 0; i < 2; ++i) {
    const size_t queued = queued_bytes_.load();
    if (queued == 0 || queued + bytes <= limit_bytes_) {
      queued_bytes_.fetch_add(bytes);
      return true;
    }
    refused_.store(true);
  }
  return false;
}

void Budget::Return(size_t bytes) {
  const size_t queued = queued_bytes_.fetch_sub(bytes) - bytes;
  // Half, so that a fast sender is not woken for each single frame.
  if (queued <= limit_bytes_ / 2 && refused_.exchange(false)) on_room_();
}

SendResult SendFrame(zmq::socket_t& socket, const Frame& frame,
                     const std::shared_ptr<Budget>& budget) {
  return ToResult(SendParts(socket, "", frame, budget));
}

SendResult SendFrameTo(zmq::socket_t& router, absl::string_view routing_id,
                       const Frame& frame) {
  return ToResult(SendParts(router, routing_id, frame, /*budget=*/nullptr));
}

Receipt ReceiveFrame(zmq::socket_t& socket, Sender sender,
                     size_t max_frame_bytes, Incoming& incoming) {
  zmq::message_t head;
  if (!ReceivePart(socket, head)) return Receipt::kNothing;
  bool same = false;
  if (sender == Sender::kPeer) {
    incoming.routing_id.clear();
  } else {
    same = View(head) == incoming.routing_id;
    if (!same) incoming.routing_id.assign(View(head).data(), head.size());
    // An id alone, which no peer can make libzmq hand out.
    if (!head.more() || !ReceivePart(socket, head)) return Receipt::kMalformed;
  }
  if (!same) {
    const char* host = zmq_msg_gets(head.handle(), "Peer-Address");
    incoming.sender_host = host == nullptr ? "" : host;
  }
  zmq::message_t body;
  if (head.more() && !ReceivePart(socket, body)) return Receipt::kMalformed;
  const bool whole = !body.more();
  DropRest(socket, body);
  if (!whole) return Receipt::kMalformed;
  if (head.size() + body.size() > max_frame_bytes) return Receipt::kTooLarge;
  if (sender == Sender::kProven) {
    const char* user = zmq_msg_gets(head.handle(), "User-Id");
    if (user == nullptr || !absl::SimpleAtoi(user, &incoming.proven) ||
        incoming.proven <= 0) {
      return Receipt::kUnproven;
    }
    incoming.descriptor = zmq_msg_get(head.handle(), ZMQ_SRCFD);
  }
  incoming.frame.head = ToBytes(std::move(head));
  incoming.frame.body = body.empty() ? Bytes() : ToBytes(std::move(body));
  return Receipt::kFrame;
}

}  // namespace zeromq
}  // namespace raft
