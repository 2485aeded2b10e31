#include "raft/transport/zeromq/inbound_connections.h"

#include <zmq.h>

#include <algorithm>
#include <utility>

#include "absl/types/optional.h"
#include "raft/transport/net/address.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// Without those about accept(): where the system has no descriptor left, they
// would come without end.
constexpr int kCallerEvents =
    ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
    ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED;

}  // namespace

std::unique_ptr<InboundConnections> InboundConnections::Watch(
    Environment& environment, zmq::socket_t& router, uint64_t cookie) {
  std::unique_ptr<Monitor> monitor =
      Monitor::Watch(environment, router, kCallerEvents, cookie);
  if (monitor == nullptr) return nullptr;
  return std::unique_ptr<InboundConnections>(
      new InboundConnections(environment, std::move(monitor)));
}

void InboundConnections::HandedOut(int fd) {
  // Of one that came just now, or has gone, it does not matter.
  const auto found = inbound_.find(fd);
  if (found != inbound_.end()) found->second.inflow.HandedOut();
}

void InboundConnections::Heard(int fd, Pid proven, const std::string& key) {
  const auto found = inbound_.find(fd);
  if (found == inbound_.end() || found->second.heard) return;
  found->second.heard = true;
  found->second.proven = proven;
  found->second.key = key;
  silent_ = std::max(silent_ - 1, 0);
}

void InboundConnections::Update(
    absl::FunctionRef<void(TurnedAway why, const std::string& address)>
        failed) {
  const size_t before = inbound_.size();
  for (Monitor::Event event; monitor_->Next(&event);) {
    const int fd = static_cast<int>(event.value);
    switch (event.number) {
      case ZMQ_EVENT_ACCEPTED:
        // It may have gone, and another one be there by now: then the wrong
        // address is named, which does no more harm than a name in a log.
        inbound_[fd] = Caller();
        inbound_[fd].address = PeerAddress(fd);
        break;
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:  // The authenticator has told of
                                             // it.
        ++silent_;
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        if (IsKeysOfOne(event)) why_ = TurnedAway::kKeysOfOne;
        failed_ = true;
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        failed_ = true;
        break;
      case ZMQ_EVENT_DISCONNECTED: {
        const Caller caller = std::move(inbound_[fd]);
        inbound_.erase(fd);
        const bool good = caller.heard || silent_ > 0;
        if (good && !caller.heard && !failed_) --silent_;
        if (failed_ || !good) failed(why_, caller.address);
        failed_ = false;
        why_ = TurnedAway::kHandshake;
        break;
      }
      default:
        break;
    }
  }
  // Each caller takes one of ours.
  environment_.descriptors.Hold(static_cast<int>(inbound_.size()) -
                                static_cast<int>(before));
}

void InboundConnections::End(uint16_t port, int fd) {
  const auto found = inbound_.find(fd);
  if (found == inbound_.end() || found->second.ended) return;
  found->second.ended = EndConnectionAt(port, fd);
}

void InboundConnections::EndAllBut(
    uint16_t port,
    absl::FunctionRef<bool(Pid proven, const std::string& key)> good) {
  for (const auto& [fd, caller] : inbound_) {
    if (!caller.heard || !good(caller.proven, caller.key)) End(port, fd);
  }
}

bool InboundConnections::WaitUntilClosed(absl::Duration timeout) {
  const Clock::time_point deadline =
      Clock::now() + absl::ToChronoMilliseconds(timeout);
  do {
    for (Monitor::Event event; monitor_->Next(&event);) {
      // Of connections it would be ZMQ_EVENT_DISCONNECTED.
      if (event.number == ZMQ_EVENT_CLOSED) return true;
    }
    monitor_->Wait(deadline - Clock::now());
  } while (Clock::now() < deadline);
  return false;
}

std::string InboundConnections::AddressOf(int fd) const {
  const auto found = inbound_.find(fd);
  return found == inbound_.end() ? "" : found->second.address;
}

bool InboundConnections::EndEndless(
    uint16_t port, size_t limit_bytes,
    absl::FunctionRef<void(const std::string& address)> ended) {
  bool may_be_more = false;
  flows_ = false;
  for (auto& entry : inbound_) {
    const int fd = entry.first;
    Caller& caller = entry.second;
    const absl::optional<uint64_t> read = ReadFrom(fd);
    if (!read.has_value() || caller.ended) continue;
    const bool is_endless = caller.inflow.Withheld(*read) > limit_bytes;
    may_be_more |= caller.inflow.InHand() > limit_bytes;
    flows_ |= caller.inflow.flows();
    if (!is_endless) continue;
    caller.ended = EndConnectionAt(port, fd);
    if (caller.ended) ended(caller.address);
  }
  return may_be_more;
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
