#include "raft/testing/proxy/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>  // NOLINT(build/c++11)
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/testing/local_addresses.h"
#include "raft/transport/net/tcp_address.h"

namespace raft_cluster::internal {
namespace {

constexpr int kBacklog = 100;
// The steps of the throttle, and for how long it lets bytes gather that were
// not used: our thread may have to wait for its turn.
constexpr int kThrottleStepMs = 20;
constexpr double kThrottleMemorySeconds = 0.1;

absl::Duration Now() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

absl::Status SystemError(const Url& url, const char* what) {
  return absl::UnavailableError(absl::StrCat(
      what, " for a proxy of ", url.ToString(), ": ", strerror(errno)));
}

// False: not an IPv4 address.
bool ToAddress(const Url& url, sockaddr_in* address) {
  *address = {};
  const absl::StatusOr<TcpAddress> tcp = ParseTcpAddress(url);
  if (!tcp.ok() || tcp->port == 0) return false;
  address->sin_family = AF_INET;
  address->sin_port = htons(tcp->port);
  return inet_pton(AF_INET, tcp->host.c_str(), &address->sin_addr) == 1;
}

int NewSocket() {
  return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpProxy>> TcpProxy::Start(const Url& target) {
  sockaddr_in address;
  const bool is_tcp = target.scheme == "tcp" || target.scheme == "plain";
  if (!is_tcp || !ToAddress(target, &address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot be a proxy of \"", target.ToString(),
                     "\": not tcp:// or plain:// with an IPv4 address and a "
                     "port"));
  }
  const auto own = LocalAddresses::Pick(target.scheme, 1);
  if (!own.ok()) return own.status();
  absl::StatusOr<Url> url = ParseUrl(own->urls().front());
  if (!url.ok()) return url.status();
  const int listener = NewSocket();
  if (listener < 0) return SystemError(target, "cannot make a socket");
  ToAddress(*url, &address);
  const int waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (waker < 0 ||
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) !=
          0 ||
      listen(listener, kBacklog) != 0) {
    const absl::Status status = SystemError(target, "cannot listen");
    close(listener);
    if (waker >= 0) close(waker);
    return status;
  }
  return std::unique_ptr<TcpProxy>(
      new TcpProxy(target, listener, waker, *std::move(url)));
}

TcpProxy::TcpProxy(const Url& target, int listener, int waker, Url url)
    : target_(target),
      url_(std::move(url)),
      listener_(listener),
      waker_(waker),
      last_turn_(Now()),
      thread_([this] { Run(); }) {}

TcpProxy::~TcpProxy() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  Wake();
  thread_.join();
  close(listener_);
  close(waker_);
}

void TcpProxy::CutAfter(size_t bytes, Cut how, absl::Duration least_age) {
  MutexLock lock(mu_);
  cut_after_bytes_ = bytes;
  cut_after_how_ = how;
  cut_least_age_ = least_age;
  for (const auto& connection : connections_) connection->CountFromNow();
}

void TcpProxy::CutAll(Cut how) {
  {
    MutexLock lock(mu_);
    EndAll(how);
  }
  Wake();  // As long as poll() has them, they are not closed.
}

void TcpProxy::HalfClose(Way way) {
  {
    MutexLock lock(mu_);
    for (const auto& connection : connections_) {
      connection->HalfClose(static_cast<int>(way));
    }
  }
  Wake();
}

void TcpProxy::Darken(Way way) {
  MutexLock lock(mu_);
  dark_[static_cast<int>(way)] = true;
  for (const auto& connection : connections_) {
    connection->Darken(static_cast<int>(way));
  }
}

void TcpProxy::Lighten(Way way) {
  MutexLock lock(mu_);
  dark_[static_cast<int>(way)] = false;
}

void TcpProxy::Freeze() {
  MutexLock lock(mu_);
  frozen_ = true;
}

void TcpProxy::Thaw() {
  {
    MutexLock lock(mu_);
    frozen_ = false;
  }
  Wake();
}

void TcpProxy::Throttle(size_t bytes_per_second) {
  {
    MutexLock lock(mu_);
    bytes_per_second_ = bytes_per_second;
    allowance_bytes_ = 0;
  }
  Wake();
}

void TcpProxy::Tamper(Tampering how, size_t period_bytes) {
  MutexLock lock(mu_);
  tamperer_.Set(how, period_bytes);
}

TcpProxy::Counts TcpProxy::counts() const {
  MutexLock lock(mu_);
  Counts counts = counts_;
  counts.tampered = tamperer_.count();
  for (const auto& connection : connections_) counts.open += connection->open();
  return counts;
}

void TcpProxy::Wake() {
  const uint64_t one = 1;
  // It fails only where there is a reason to wake already.
  (void)!write(waker_, &one, sizeof(one));
}

void TcpProxy::EndAll(Cut how) {
  for (const auto& connection : connections_) {
    if (!connection->open()) continue;
    connection->End(how);
    ++counts_.cut;
  }
}

void TcpProxy::Run() {
  std::vector<pollfd> fds;
  for (;;) {
    int timeout_ms;
    {
      MutexLock lock(mu_);
      if (stop_) break;
      timeout_ms = Prepare(fds);
    }
    poll(fds.data(), fds.size(), timeout_ms);
    MutexLock lock(mu_);
    Turn(fds);
  }
  MutexLock lock(mu_);
  connections_.clear();
}

// First the waker and the listener, then two for each connection. Only this
// thread adds connections or removes them.
int TcpProxy::Prepare(std::vector<pollfd>& fds) {
  fds = {{waker_, POLLIN, 0}, {frozen_ ? -1 : listener_, POLLIN, 0}};
  for (const auto& connection : connections_) {
    const size_t limit_bytes = Allowed(*connection);
    for (int end : {0, 1}) {
      const short events = frozen_ || !connection->open()
                               ? 0
                               : connection->Events(end, limit_bytes);
      // One that nothing is wanted of could not be kept from waking us.
      fds.push_back({events == 0 ? -1 : connection->fd(end), events, 0});
    }
  }
  return bytes_per_second_ > 0 ? kThrottleStepMs : -1;
}

void TcpProxy::Turn(const std::vector<pollfd>& fds) {
  uint64_t ignored;
  if (fds[0].revents != 0) (void)!read(waker_, &ignored, sizeof(ignored));
  const absl::Duration now = Now();
  const double fresh =
      bytes_per_second_ * absl::ToDoubleSeconds(now - last_turn_);
  // At least one byte, or the slowest would never have any.
  allowance_bytes_ =
      std::min(allowance_bytes_ + fresh,
               std::max(1.0, kThrottleMemorySeconds * bytes_per_second_));
  last_turn_ = now;
  for (size_t i = 0; i < connections_.size() && !frozen_; ++i) {
    for (int way : {0, 1}) {
      Move(*connections_[i], way, fds[2 + 2 * i + way].revents != 0);
    }
  }
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(),
                                    [](const auto& connection) {
                                      return !connection->open();
                                    }),
                     connections_.end());
  if (fds[1].revents != 0 && !frozen_) Accept();
}

void TcpProxy::Accept() {
  sockaddr_in address;
  ToAddress(target_, &address);
  for (;;) {
    const int caller =
        accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (caller < 0) return;
    ++counts_.accepted;
    const int target = NewSocket();
    auto connection =
        std::make_unique<ProxiedConnection>(caller, target, Now(), &tamperer_);
    for (int way : {0, 1}) {
      const int yes = 1;
      setsockopt(connection->fd(way), IPPROTO_TCP, TCP_NODELAY, &yes,
                 sizeof(yes));
      if (dark_[way]) connection->Darken(way);
    }
    if (connect(target, reinterpret_cast<sockaddr*>(&address),
                sizeof(address)) == 0 ||
        errno == EINPROGRESS) {
      connections_.push_back(std::move(connection));
    }
  }
}

bool TcpProxy::OldEnoughToCut(const ProxiedConnection& connection) const {
  return cut_after_bytes_ > 0 && Now() - connection.born() >= cut_least_age_;
}

void TcpProxy::CutIfDue(ProxiedConnection& connection) {
  if (connection.passed_bytes() < cut_after_bytes_ ||
      !OldEnoughToCut(connection)) {
    return;
  }
  connection.End(cut_after_how_);
  ++counts_.cut;
}

size_t TcpProxy::Allowed(const ProxiedConnection& connection) const {
  size_t allowed = SIZE_MAX;
  if (bytes_per_second_ > 0) allowed = static_cast<size_t>(allowance_bytes_);
  if (connection.passed_bytes() < cut_after_bytes_ &&
      OldEnoughToCut(connection)) {
    allowed = std::min(allowed, cut_after_bytes_ - connection.passed_bytes());
  }
  return allowed;
}

void TcpProxy::Move(ProxiedConnection& connection, int way, bool readable) {
  if (!connection.open()) return;
  const size_t passed = connection.Move(way, readable, Allowed(connection));
  counts_.bytes[way] += passed;
  if (bytes_per_second_ > 0) allowance_bytes_ -= static_cast<double>(passed);
  if (passed > 0 && connection.open()) CutIfDue(connection);
}

}  // namespace raft_cluster::internal
