#include "transport/zeromq/peer.h"

#include <algorithm>
#include <utility>

#include "transport/zeromq/endpoint.h"

namespace raft {
namespace zeromq {
namespace {

constexpr std::chrono::milliseconds kMinPause{50};
constexpr std::chrono::milliseconds kMaxPause{1000};
// libzmq ends an attempt before this; if not, we do.
constexpr std::chrono::seconds kAttemptTimeout{5};

}  // namespace

Peer::Peer(Environment& environment, Resolver& resolver, absl::BitGen& random,
           Url url, uint64_t key, uint64_t monitor_key)
    : environment_(environment),
      resolver_(resolver),
      random_(random),
      url_(std::move(url)),
      key_(key),
      monitor_key_(monitor_key),
      pause_(kMinPause) {}

bool Peer::Update(Clock::time_point now) {
  if (lookup_ != nullptr) {
    if (!lookup_->done()) return false;
    absl::StatusOr<Addresses> addresses = lookup_->result();
    lookup_ = nullptr;
    if (addresses.ok()) {
      for (auto it = addresses->rbegin(); it != addresses->rend(); ++it) {
        endpoints_.push_back(TcpEndpoint(*it, url_.port));
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
      if (!up_) up_since_ = now;
      up_ = true;
      deadline_ = Clock::time_point::max();
      return !was_up;
    case Connection::State::kDialling:
      if (now < deadline_) return false;
      break;
    case Connection::State::kLost:
      break;
  }
  connection_ = nullptr;
  up_ = false;
  if (was_up) {
    // One that does not even last that long is no better than none.
    if (now - up_since_ >= pause_) pause_ = kMinPause;
    endpoints_.clear();
  }
  DialNext(now);
  return was_up;
}

void Peer::BeginAttempt(Clock::time_point now) {
  if (url_.scheme == "tcp" && IsHostName(url_.host)) {
    deadline_ = Clock::time_point::max();
    lookup_ = resolver_.Start(url_.host);
    if (lookup_->done()) Update(now);
    return;
  }
  endpoints_ = {url_.scheme == "tcp" ? TcpEndpoint(url_.host, url_.port)
                                     : url_.ToString()};
  DialNext(now);
}

void Peer::DialNext(Clock::time_point now) {
  while (connection_ == nullptr && !endpoints_.empty()) {
    connection_ =
        Connection::Dial(environment_, endpoints_.back(), key_, monitor_key_);
    endpoints_.pop_back();
  }
  if (connection_ != nullptr) {
    deadline_ = now + kAttemptTimeout;
    return;
  }
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

bool Peer::readable() const {
  return connection_ != nullptr && connection_->readable();
}

}  // namespace zeromq
}  // namespace raft
