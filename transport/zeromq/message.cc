#include "raft/transport/zeromq/message.h"

#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/numbers.h"
#include "raft/transport/zeromq/socket.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// Below this a copy is cheaper than what a second part and a reference cost.
constexpr size_t kReferenceBytes = size_t{16} << 10;
// Where a connection ends before the last part of a message, libzmq loses track
// of those before it (lb.cpp: "the first N frames are unreachable"). Up to 33
// bytes a part has no memory of its own, and there is nothing to lose.
constexpr size_t kPieceBytes = 32;
// A head of more pieces is copied in front of its body.
constexpr size_t kMaxPieces = 16;
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

// The body, and what the whole frame takes of the budget.
zmq::message_t ShareBody(const Frame& frame,
                         const std::shared_ptr<Budget>& budget) {
  std::unique_ptr<Part> part =
      NewPart(budget, frame.size() + kMessageOverheadBytes);
  part->shared = frame.body;
  return ToMessage(std::move(part), frame.body.view());
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
  return Uninterrupted([&] {
           return zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT);
         }) >= 0;
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

bool GoesInOne(const Frame& frame) {
  return frame.size() < kReferenceBytes || frame.body.empty() ||
         frame.head.size() > kMaxPieces * kPieceBytes;
}

// The head in pieces, then the body.
int SendInPieces(zmq::socket_t& socket, const Frame& frame,
                 const std::shared_ptr<Budget>& budget) {
  zmq::message_t body = ShareBody(frame, budget);
  int first_error = 0;
  for (absl::string_view head = frame.head.view(); !head.empty();) {
    const size_t size = std::min(head.size(), kPieceBytes);
    zmq::message_t piece(head.data(), size);
    const int error = SendPart(socket, piece, ZMQ_SNDMORE);
    const bool is_first = head.size() == frame.head.size();
    if (error != 0 && is_first) return error;
    if (first_error == 0) first_error = error;
    head.remove_prefix(size);
  }
  // Whatever became of the head: else libzmq would take the next frame for the
  // rest of this one.
  const int error = SendPart(socket, body, 0);
  return first_error != 0 ? first_error : error;
}

int SendWhole(zmq::socket_t& socket, const Frame& frame,
              const std::shared_ptr<Budget>& budget) {
  if (!GoesInOne(frame)) return SendInPieces(socket, frame, budget);
  zmq::message_t message =
      CopyParts(frame.head.view(), frame.body.view(), budget);
  return SendPart(socket, message, 0);
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

// Of a message that began with `first`: all parts but the last are the head.
Receipt ReceiveRest(zmq::socket_t& socket, const zmq::message_t& first,
                    size_t max_frame_bytes, std::string& head,
                    zmq::message_t& body) {
  size_t pieces = 0;
  size_t size = first.size();
  head.assign(View(first).data(), first.size());
  do {
    if (!ReceivePart(socket, body)) return Receipt::kMalformed;
    ++pieces;
    size += body.size();
    // What is too much is read to its end, and dropped.
    const bool is_good = pieces <= kMaxPieces && size <= max_frame_bytes;
    if (is_good && body.more()) head.append(View(body).data(), body.size());
  } while (body.more());
  if (pieces > kMaxPieces) return Receipt::kMalformed;
  return size > max_frame_bytes ? Receipt::kTooLarge : Receipt::kFrame;
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
  if (!budget->Take(frame.size() + kMessageOverheadBytes)) {
    return SendResult::kFull;
  }
  return ToResult(SendWhole(socket, frame, budget));
}

SendResult SendFrameTo(zmq::socket_t& router, absl::string_view routing_id,
                       const Frame& frame) {
  zmq::message_t id(routing_id.data(), routing_id.size());
  const int error = SendPart(router, id, ZMQ_SNDMORE);
  return ToResult(error != 0 ? error
                             : SendWhole(router, frame, /*budget=*/nullptr));
}

TurnedAway WhyNoFrame(Receipt receipt) {
  switch (receipt) {
    case Receipt::kTooLarge:
      return TurnedAway::kTooLarge;
    case Receipt::kUnproven:
      return TurnedAway::kUnknownKey;
    default:
      return TurnedAway::kMalformed;
  }
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
  // Another one may come back under the same id.
  if (sender != Sender::kPeer) {
    incoming.descriptor = zmq_msg_get(head.handle(), ZMQ_SRCFD);
  }
  zmq::message_t body;
  std::string pieces;
  if (head.more()) {
    const Receipt receipt =
        ReceiveRest(socket, head, max_frame_bytes, pieces, body);
    if (receipt != Receipt::kFrame) return receipt;
  } else if (head.size() > max_frame_bytes) {
    return Receipt::kTooLarge;
  }
  if (sender == Sender::kProven) {
    // As ZapAuthenticator::Say() put it.
    const char* const user = zmq_msg_gets(head.handle(), "User-Id");
    const char* const space = user == nullptr ? nullptr : strchr(user, ' ');
    if (space == nullptr ||
        !absl::SimpleAtoi(
            absl::string_view(user, static_cast<size_t>(space - user)),
            &incoming.proven) ||
        incoming.proven <= 0) {
      return Receipt::kUnproven;
    }
    incoming.key.assign(space + 1);
  }
  incoming.frame.head =
      pieces.empty() ? ToBytes(std::move(head)) : Bytes::Own(std::move(pieces));
  incoming.frame.body = body.empty() ? Bytes() : ToBytes(std::move(body));
  return Receipt::kFrame;
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
