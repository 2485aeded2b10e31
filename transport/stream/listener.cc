#include "raft/transport/stream/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>  // NOLINT(build/c++11)
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/transport/net/address.h"
#include "raft/transport/net/bind_error.h"
#include "raft/transport/net/listen_hosts.h"
#include "raft/transport/stream/socket_options.h"

namespace raft_cluster::internal::stream {
namespace {

// Those who wait to be accepted: a whole cluster that starts at once, and more.
constexpr int kBacklog = 1024;
// For descriptors to be closed.
constexpr std::chrono::milliseconds kRest{100};

absl::Status Error(const Url& url, int error) {
  return BindError(url, error, std::strerror(error));
}

void SetOne(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const Url& url,
                                                         Place place,
                                                         Poller& events,
                                                         Resolver& resolver,
                                                         uint64_t cookie) {
  std::unique_ptr<Listener> listener(new Listener(url, place, events, cookie));
  const absl::Status status =
      place == Place::kTcp ? listener->BindTcp(resolver) : listener->BindPath();
  if (!status.ok()) return status;
  listener->watched_ = events.Add(listener->fd_.get(), cookie);
  if (!listener->watched_) return Error(url, errno);
  return listener;
}

Listener::~Listener() {
  if (watched_) events_.Remove(fd_.get());
  path_ = nullptr;
}

absl::Status Listener::BindTcp(Resolver& resolver) {
  const absl::StatusOr<TcpAddress> parsed = ParseTcpAddress(url_);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<Addresses> addresses =
      ListenHosts(url_, parsed->host, resolver);
  if (!addresses.ok()) return addresses.status();
  absl::Status status;
  for (const std::string& host : *addresses) {
    const absl::optional<SocketAddress> address =
        SocketAddress::OfTcp(host, parsed->port);
    if (!address.has_value()) continue;
    status = BindTo(*address);
    if (status.ok()) return ReadAddress(*parsed);
  }
  return status.ok() ? Error(url_, EADDRNOTAVAIL) : status;
}

absl::Status Listener::BindPath() {
  const absl::optional<SocketAddress> address =
      SocketAddress::OfPath(url_.address);
  if (!address.has_value()) return Error(url_, ENAMETOOLONG);
  path_ = std::make_unique<IpcPath>(url_.address, url_.scheme);
  return path_->Bind([&] {
    // If there is a file, a dead process has left it behind.
    unlink(url_.address.c_str());
    return BindTo(*address);
  });
}

absl::Status Listener::BindTo(const SocketAddress& address) {
  OwnedFd fd(
      socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Error(url_, errno);
  if (place_ == Place::kTcp) {
    // Connections of a former life may linger at this port.
    SetOne(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.family() == AF_INET6) {
      SetOne(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
  }
  if (bind(fd.get(), address.data(), address.size()) != 0 ||
      listen(fd.get(), kBacklog) != 0) {
    return Error(url_, errno);
  }
  fd_ = std::move(fd);
  return absl::OkStatus();
}

absl::Status Listener::ReadAddress(TcpAddress address) {
  const absl::StatusOr<TcpAddress> bound = NearAddress(fd_.get());
  if (!bound.ok()) return bound.status();
  reachable_from_afar_ = !IsLoopback(bound->host);
  address.port = bound->port;
  bound_address_ = bound->ToString();
  // The host as it was given, since that is what peers know; of what was bound
  // the port alone is news.
  url_ = {url_.scheme, address.ToString(), /*text=*/""};
  return absl::OkStatus();
}

absl::optional<OwnedFd> Listener::Accept(Clock::time_point now) {
  if (!watched_) return absl::nullopt;
  for (;;) {
    OwnedFd fd(accept4(fd_.get(), /*addr=*/nullptr, /*addrlen=*/nullptr,
                       SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      SetSocketOptions(fd.get(), place_);
      return fd;
    }
    switch (errno) {
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        // Whoever waits there would be reported again and again.
        events_.Remove(fd_.get());
        watched_ = false;
        deadline_ = now + kRest;
        return absl::nullopt;
      case EINTR:
      case ECONNABORTED:
        continue;
      default:
        return absl::nullopt;
    }
  }
}

void Listener::Update(Clock::time_point now) {
  if (watched_ || now < deadline_) return;
  watched_ = events_.Add(fd_.get(), cookie_);
  deadline_ = watched_ ? Clock::time_point::max() : now + kRest;
}

}  // namespace raft_cluster::internal::stream
