#include "raft/transport/zeromq/peer.h"

#include <algorithm>
#include <utility>

#include "raft/transport/zeromq/endpoint.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

constexpr std::chrono::milliseconds kMinPause{50};
constexpr std::chrono::milliseconds kMaxPause{1000};
// libzmq ends an attempt before this; if not, we do.
constexpr std::chrono::seconds kAttemptTimeout{5};

}  // namespace

Peer::Peer(Environment& environment, Resolver& resolver, absl::BitGen& random,
           Url url, std::vector<std::string> server_keys, uint64_t key,
           uint64_t monitor_key)
    : environment_(environment),
      resolver_(resolver),
      random_(random),
      url_(std::move(url)),
      key_(key),
      monitor_key_(monitor_key),
      server_keys_(std::move(server_keys)),
      pause_(kMinPause) {
  if (server_keys_.empty()) server_keys_.push_back("");
}

bool Peer::Update(Clock::time_point now) {
  if (lookup_ != nullptr) {
    if (!lookup_->done()) return false;
    absl::StatusOr<Addresses> addresses = lookup_->result();
    lookup_ = nullptr;
    if (addresses.ok()) {
      for (const std::string& address : *addresses) {
        AddEndpoint(TcpEndpoint(address, url_.port));
      }
    }
    DialNext(now);
    return false;
  }
  if (connection_ == nullptr) {
    if (now >= deadline_) BeginAttempt(now);
    return false;
  }
  const bool was_up = up_;
  switch (connection_->Update()) {
    case Connection::State::kUp:
      if (!up_) {
        up_since_ = now;
        const auto right = std::find(server_keys_.begin(), server_keys_.end(),
                                     endpoints_[next_endpoint_ - 1].server_key);
        std::rotate(server_keys_.begin(), right, right + 1);
      }
      up_ = true;
      deadline_ = Clock::time_point::max();
      return !was_up;
    case Connection::State::kDialling:
      if (now < deadline_) return false;
      break;
    case Connection::State::kLost:
      break;
  }
  handshake_failed_ |= !was_up && connection_->handshake_failed();
  connection_ = nullptr;
  up_ = false;
  if (was_up) {
    // One that does not even last that long is no better than none.
    if (now - up_since_ >= pause_) pause_ = kMinPause;
    next_endpoint_ = endpoints_.size();
    handshake_failed_ = false;
  }
  DialNext(now);
  return was_up;
}

void Peer::AddEndpoint(const std::string& endpoint) {
  for (const std::string& key : server_keys_) {
    endpoints_.push_back({endpoint, key});
  }
}

void Peer::BeginAttempt(Clock::time_point now) {
  endpoints_.clear();
  next_endpoint_ = 0;
  handshake_failed_ = false;
  if (url_.scheme == "tcp" && IsHostName(url_.host)) {
    deadline_ = Clock::time_point::max();
    lookup_ = resolver_.Start(url_.host);
    if (lookup_->done()) Update(now);
    return;
  }
  AddEndpoint(url_.scheme == "tcp" ? TcpEndpoint(url_.host, url_.port)
                                   : url_.ToString());
  DialNext(now);
}

void Peer::DialNext(Clock::time_point now) {
  while (connection_ == nullptr && next_endpoint_ < endpoints_.size()) {
    const Endpoint& endpoint = endpoints_[next_endpoint_++];
    connection_ = Connection::Dial(environment_, endpoint.address,
                                   endpoint.server_key, key_, monitor_key_);
  }
  if (connection_ != nullptr) {
    deadline_ = now + kAttemptTimeout;
    return;
  }
  refused_ = handshake_failed_;
  const double spread = absl::Uniform(random_, 0.75, 1.25);
  deadline_ = now + std::chrono::microseconds(
                        static_cast<int64_t>(pause_.count() * spread));
  pause_ = std::min<std::chrono::microseconds>(pause_ * 2, kMaxPause);
}

SendResult Peer::Send(const Frame& frame) {
  return connection_ == nullptr ? SendResult::kFull : connection_->Send(frame);
}

Receipt Peer::Receive(Incoming& incoming) {
  return connection_ == nullptr ? Receipt::kNothing
                                : connection_->Receive(incoming);
}

bool Peer::EndEndless() {
  return connection_ != nullptr && connection_->EndEndless();
}

bool Peer::readable() const {
  return connection_ != nullptr && connection_->readable();
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
