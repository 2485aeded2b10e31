#include "raft/transport/net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "raft/base/assert.h"
#include "raft/base/thread.h"

namespace raft_cluster::internal {
namespace {

std::string Numeric(const addrinfo& info) {
  char text[INET6_ADDRSTRLEN] = "";
  if (info.ai_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
  } else if (info.ai_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
    inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof(text));
  }
  return text;
}

// "localhost" and whatever is within it, with or without the final dot.
bool IsLocalhost(absl::string_view host) {
  absl::ConsumeSuffix(&host, ".");
  return absl::EqualsIgnoreCase(host, "localhost") ||
         absl::EndsWithIgnoreCase(host, ".localhost");
}

}  // namespace

absl::StatusOr<Addresses> ResolveWithSystem(const std::string& host) {
  // A system without a hosts file would ask the network, which may answer
  // anything (RFC 6761, 6.3, wants it asked nothing).
  if (IsLocalhost(host)) return Addresses{"127.0.0.1", "::1"};
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  // Or each address would come once for each kind of socket.
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    const std::string message =
        absl::StrCat("cannot resolve \"", host, "\": ", gai_strerror(error));
    return error == EAI_NONAME ? absl::NotFoundError(message)
                               : absl::UnavailableError(message);
  }
  Addresses addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    std::string address = Numeric(*info);
    if (!address.empty() && std::find(addresses.begin(), addresses.end(),
                                      address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  freeaddrinfo(found);
  if (addresses.empty()) {
    return absl::NotFoundError(
        absl::StrCat("\"", host, "\" has no IPv4 or IPv6 address"));
  }
  return addresses;
}

bool Lookup::done() const {
  MutexLock lock(mu_);
  return done_;
}

absl::StatusOr<Addresses> Lookup::result() const {
  MutexLock lock(mu_);
  RAFT_ASSERT(done_);
  return result_;
}

bool Lookup::WaitUntilDone(absl::Duration timeout) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline =
      Clock::now() + absl::ToChronoMicroseconds(timeout);
  MutexLock lock(mu_);
  while (!done_) {
    const auto left =
        std::chrono::ceil<std::chrono::microseconds>(deadline - Clock::now());
    if (left.count() <= 0) break;
    finished_.WaitFor(mu_, left);
  }
  return done_;
}

void Lookup::Finish(absl::StatusOr<Addresses> result) {
  MutexLock lock(mu_);
  result_ = std::move(result);
  done_ = true;
  finished_.NotifyAll();
}

Resolver::Resolver(ResolveFunction resolve, std::function<void()> on_done)
    : shared_(std::make_shared<Shared>(std::move(resolve))) {
  MutexLock lock(shared_->mu);
  shared_->on_done = std::move(on_done);
}

Resolver::~Resolver() {
  MutexLock lock(shared_->mu);
  // Under the lock in which it is called: a look-up that ends later calls
  // nobody who is gone.
  shared_->on_done = nullptr;
}

std::shared_ptr<Lookup> Resolver::Start(const std::string& host) {
  auto lookup = std::make_shared<Lookup>();
  bool start;
  {
    MutexLock lock(shared_->mu);
    // The system's resolver may hang for minutes, and each look-up has a
    // thread.
    start = shared_->running < kMaxLookups;
    if (start) ++shared_->running;
  }
  if (!start) {
    lookup->Finish(absl::ResourceExhaustedError(absl::StrCat(
        "cannot resolve \"", host, "\": ", kMaxLookups, " look-ups hang")));
    return lookup;
  }
  Thread thread;
  const absl::Status started = StartThread(
      [shared = shared_, lookup, host] { Run(shared, lookup, host); }, &thread);
  if (started.ok()) {
    // It may hang for as long as the system's resolver does: nobody waits.
    thread.detach();
    return lookup;
  }
  lookup->Finish(absl::ResourceExhaustedError(
      absl::StrCat("cannot resolve \"", host, "\": ", started.message())));
  MutexLock lock(shared_->mu);
  --shared_->running;
  return lookup;
}

void Resolver::Run(const std::shared_ptr<Shared>& shared,
                   const std::shared_ptr<Lookup>& lookup,
                   const std::string& host) {
  absl::StatusOr<Addresses> addresses = shared->resolve(host);
  if (addresses.ok() && addresses->empty()) {
    addresses =
        absl::NotFoundError(absl::StrCat("\"", host, "\" resolves to nothing"));
  }
  lookup->Finish(std::move(addresses));
  MutexLock lock(shared->mu);
  --shared->running;
  if (shared->on_done) shared->on_done();
}

}  // namespace raft_cluster::internal
