#include "raft/transport/zeromq/peer.h"

#include <algorithm>
#include <utility>

#include "raft/transport/net/address.h"
#include "raft/transport/zeromq/endpoint.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// Between two probes of a reason that is known already, which might change.
constexpr int kAttemptsPerProbe = 8;
// libzmq ends an attempt before this; if not, we do.
constexpr std::chrono::seconds kAttemptTimeout{5};

}  // namespace

Peer::Peer(Environment& environment, Resolver& resolver, absl::BitGen& random,
           Url url, std::vector<std::string> server_keys, uint64_t cookie,
           uint64_t monitor_cookie)
    : environment_(environment),
      resolver_(resolver),
      url_(std::move(url)),
      tcp_(url_.scheme == "tcp" ? ParseTcpAddress(url_).value_or(TcpAddress())
                                : TcpAddress()),
      cookie_(cookie),
      monitor_cookie_(monitor_cookie),
      server_keys_(std::move(server_keys)),
      backoff_(random) {
  // An endpoint for each address and key; without keys there is one way in.
  if (server_keys_.empty()) server_keys_.push_back("");
}

bool Peer::Update(Clock::time_point now) {
  if (lookup_ != nullptr) {
    if (!lookup_->done()) return false;
    absl::StatusOr<Addresses> addresses = lookup_->result();
    lookup_ = nullptr;
    if (!addresses.ok()) SetTrouble(addresses.status());
    if (addresses.ok()) {
      for (const std::string& address : *addresses) {
        AddEndpoint(TcpEndpoint(address, tcp_.port), address);
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
        trouble_ = absl::OkStatus();
        trouble_is_news_ = false;
        // Of several keys the one that was right is tried first the next time.
        const auto right = std::find(server_keys_.begin(), server_keys_.end(),
                                     endpoints_[next_endpoint_ - 1].server_key);
        std::rotate(server_keys_.begin(), right, right + 1);
      }
      up_ = true;
      deadline_ = Clock::time_point::max();
      return !was_up;
    case Connection::State::kDialling:
      if (now < deadline_) return false;
      timed_out_ = true;
      break;
    case Connection::State::kLost:
      break;
  }
  handshake_failed_ |= !was_up && connection_->handshake_failed();
  keys_of_one_ |= !was_up && connection_->keys_of_one();
  connected_ |= !was_up && connection_->connected();
  connection_ = nullptr;
  up_ = false;
  if (was_up) {
    // One that was up for long may come back at once; the address was good, so
    // the others of that name are not tried.
    backoff_.OnLost(now - up_since_);
    next_endpoint_ = endpoints_.size();
    handshake_failed_ = keys_of_one_ = false;
  }
  DialNext(now);
  return was_up;
}

void Peer::AddEndpoint(const std::string& endpoint, const std::string& host) {
  for (const std::string& key : server_keys_) {
    endpoints_.push_back({endpoint, host, key});
  }
}

void Peer::BeginAttempt(Clock::time_point now) {
  endpoints_.clear();
  next_endpoint_ = 0;
  handshake_failed_ = keys_of_one_ = connected_ = timed_out_ = exhausted_ =
      false;
  // It has had the time of the back-off to find out.
  if (probe_.started()) {
    SetTrouble(probe_.Result());
    probe_.Stop();
  }
  if (url_.scheme == "tcp" && IsHostName(tcp_.host)) {
    deadline_ = Clock::time_point::max();
    lookup_ = resolver_.Start(tcp_.host);
    if (lookup_->done()) Update(now);
    return;
  }
  AddEndpoint(url_.scheme == "tcp" ? TcpEndpoint(tcp_.host, tcp_.port)
                                   : url_.ToString(),
              tcp_.host);
  DialNext(now);
}

void Peer::DialNext(Clock::time_point now) {
  while (connection_ == nullptr && next_endpoint_ < endpoints_.size()) {
    const Endpoint& endpoint = endpoints_[next_endpoint_++];
    connection_ =
        Connection::Dial(environment_, endpoint.address, endpoint.server_key,
                         cookie_, monitor_cookie_);
    exhausted_ |= connection_ == nullptr;
  }
  if (connection_ != nullptr) {
    deadline_ = now + kAttemptTimeout;
    return;
  }
  refused_ = handshake_failed_;
  Fail();
  deadline_ = now + backoff_.Next();
}

void Peer::Fail() {
  if (endpoints_.empty()) return;  // The look-up has said why.
  // From what is certain to what is likely. Where nothing is known, libzmq
  // keeps errno to itself, and a call of our own finds out.
  const bool has_keys = !environment_.keys.empty();
  if (keys_of_one_) {
    return SetTrouble(absl::UnavailableError(
        has_keys ? "it has no keys, and this server has: its configuration is "
                   "another one"
                 : "it has keys, and this server has none: its configuration "
                   "is another one"));
  }
  if (handshake_failed_ || (connected_ && !timed_out_)) {
    return SetTrouble(absl::UnavailableError(
        has_keys ? "it hangs up in the handshake: it does not know this "
                   "server's key, or has another key than is listed for it, or "
                   "speaks something else, or was ended"
                 : "it hangs up in the handshake: it speaks something else, or "
                   "was ended"));
  }
  if (exhausted_) {
    return SetTrouble(absl::ResourceExhaustedError(
        "no descriptor is left for the connection; raise ulimit -n"));
  }
  if (connected_) {
    return SetTrouble(
        absl::UnavailableError("it does not answer in the handshake"));
  }
  if (!trouble_.ok() && --probes_left_ > 0) return;
  probes_left_ = kAttemptsPerProbe;
  if (url_.scheme == "tcp") {
    probe_.Start(endpoints_.front().host, tcp_.port);
  } else {
    probe_.StartPath(url_.address);
  }
}

void Peer::SetTrouble(absl::Status why) {
  // News is what changes; attempts come every second.
  if (why.ok() || why == trouble_) return;
  trouble_ = std::move(why);
  trouble_is_news_ = true;
}

absl::optional<absl::Status> Peer::TakeTrouble() {
  if (!std::exchange(trouble_is_news_, false)) return absl::nullopt;
  return trouble_;
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
