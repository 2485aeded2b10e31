#include "raft/transport/stream/dialler.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>  // NOLINT(build/c++11)
#include <utility>

#include "raft/transport/net/address.h"
#include "raft/transport/net/connect_probe.h"
#include "raft/transport/stream/socket_options.h"

namespace raft_cluster::internal::stream {
namespace {

constexpr std::chrono::seconds kConnectTimeout{2};
// Whoever is called may be slow to look.
constexpr std::chrono::seconds kHandshakeTimeout{5};

}  // namespace

Dialler::Dialler(Poller& events, DescriptorPledge& descriptors,
                 Resolver& resolver, absl::BitGen& random, const Url& url,
                 Place place, uint64_t cookie)
    : events_(events),
      descriptors_(descriptors),
      resolver_(resolver),
      url_(url),
      place_(place),
      tcp_(place == Place::kTcp ? ParseTcpAddress(url).value_or(TcpAddress())
                                : TcpAddress()),
      cookie_(cookie),
      backoff_(random) {}

Dialler::~Dialler() { Hang(); }

absl::optional<OwnedFd> Dialler::Update(Clock::time_point now) {
  switch (state_) {
    case State::kResting:
    case State::kHandedOver:
      return absl::nullopt;
    case State::kPausing:
      return now >= deadline_ ? Begin(now) : absl::nullopt;
    case State::kResolving: {
      if (!lookup_->done()) return absl::nullopt;
      const absl::StatusOr<Addresses> found = lookup_->result();
      lookup_ = nullptr;
      if (!found.ok()) SetTrouble(found.status());
      for (const std::string& host : found.ok() ? *found : Addresses()) {
        const auto address = SocketAddress::OfTcp(host, tcp_.port);
        if (address.has_value()) addresses_.push_back(*address);
      }
      return CallNext(now);
    }
    case State::kConnecting:
      break;
  }
  pollfd ready = {fd_.get(), POLLOUT, 0};
  if (poll(&ready, 1, /*timeout=*/0) <= 0) {
    if (now < deadline_) return absl::nullopt;
    SetTrouble(absl::UnavailableError("it does not answer"));
  } else {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0 && IsConnectedToItself(fd_.get())) error = ECONNREFUSED;
    if (error == 0) {
      OwnedFd connected(std::move(fd_));
      events_.Remove(connected.get());
      descriptors_.Hold(-1);
      state_ = State::kHandedOver;
      deadline_ = now + kHandshakeTimeout;
      return connected;
    }
    SetTrouble(ConnectError(error));
  }
  Hang();
  return CallNext(now);
}

absl::optional<OwnedFd> Dialler::Begin(Clock::time_point now) {
  if (next_ < addresses_.size()) return CallNext(now);
  addresses_.clear();
  next_ = 0;
  if (place_ == Place::kTcp && IsHostName(tcp_.host)) {
    state_ = State::kResolving;
    deadline_ = Clock::time_point::max();
    lookup_ = resolver_.Start(tcp_.host);
    return Update(now);
  }
  const absl::optional<SocketAddress> address =
      place_ == Place::kTcp ? SocketAddress::OfTcp(tcp_.host, tcp_.port)
                            : SocketAddress::OfPath(url_.address);
  if (address.has_value()) addresses_.push_back(*address);
  return CallNext(now);
}

absl::optional<OwnedFd> Dialler::CallNext(Clock::time_point now) {
  while (next_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_++];
    OwnedFd fd(socket(address.family(),
                      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
      SetTrouble(ConnectError(errno));
      continue;
    }
    SetSocketOptions(fd.get(), place_);
    // Interrupted, it goes on by itself, as it does where it would block.
    if (connect(fd.get(), address.data(), address.size()) != 0 &&
        errno != EINPROGRESS && errno != EINTR) {
      SetTrouble(errno == EAGAIN
                     ? absl::UnavailableError("too many wait for its answer")
                     : ConnectError(errno));
      continue;
    }
    if (!events_.Add(fd.get(), cookie_)) {
      SetTrouble(ConnectError(errno));
      continue;
    }
    events_.Change(fd.get(), cookie_, /*writable=*/true);
    descriptors_.Hold(1);
    fd_ = std::move(fd);
    state_ = State::kConnecting;
    deadline_ = now + kConnectTimeout;
    // Many are connected at once.
    return Update(now);
  }
  state_ = State::kPausing;
  deadline_ = now + backoff_.Next();
  return absl::nullopt;
}

void Dialler::Hang() {
  if (!fd_.valid()) return;
  events_.Remove(fd_.get());
  descriptors_.Hold(-1);
  fd_ = OwnedFd();
}

void Dialler::OnUp(Clock::time_point now) {
  up_since_ = now;
  deadline_ = Clock::time_point::max();
  ForgetTrouble();
}

void Dialler::OnFailed(absl::Status why, Clock::time_point now) {
  SetTrouble(std::move(why));
  state_ = State::kPausing;
  // Another address of that name may do better.
  deadline_ = next_ < addresses_.size() ? now : now + backoff_.Next();
}

void Dialler::OnLost(Clock::time_point now) {
  // One that was up for long may come back at once.
  backoff_.OnLost(now - up_since_);
  next_ = addresses_.size();
  state_ = State::kPausing;
  deadline_ = now + backoff_.Next();
}

void Dialler::Rest() {
  Hang();
  lookup_ = nullptr;
  next_ = addresses_.size();
  state_ = State::kResting;
  deadline_ = Clock::time_point::max();
}

void Dialler::Call(Clock::time_point at) {
  if (state_ != State::kResting && state_ != State::kPausing) return;
  state_ = State::kPausing;
  deadline_ = std::min(deadline_, at);
}

absl::optional<absl::Status> Dialler::TakeTrouble() {
  if (!std::exchange(trouble_is_news_, false)) return absl::nullopt;
  return trouble_;
}

void Dialler::ForgetTrouble() {
  trouble_ = absl::OkStatus();
  trouble_is_news_ = false;
}

void Dialler::SetTrouble(absl::Status why) {
  // News is what changes; attempts come every second.
  if (why.ok() || why == trouble_) return;
  trouble_ = std::move(why);
  trouble_is_news_ = true;
}

}  // namespace raft_cluster::internal::stream
