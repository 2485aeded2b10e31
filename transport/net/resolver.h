// Host names to addresses, without ever waiting for a resolver.
//
// getaddrinfo() blocks for as long as it likes and cannot be called off, so
// each look-up has a thread of its own. It shares its result with whoever
// asked, and is left behind where nobody wants it any more: one that hangs
// holds up neither the others nor the end of a transport.
//
//   Resolver resolver(ResolveWithSystem, [&] { events.Wake(); });
//   std::shared_ptr<Lookup> lookup = resolver.Start("db.example.org");
//   ... later, after the wake-up:
//   if (lookup->done()) Use(lookup->result());
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_NET_RESOLVER_H_
#define RAFT_TRANSPORT_NET_RESOLVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"

namespace raft_cluster::internal {

using Addresses = std::vector<std::string>;

// Gives the numeric addresses of a host in the order to try them, at least one.
// Called on a thread of its own; may block.
using ResolveFunction =
    std::function<absl::StatusOr<Addresses>(const std::string& host)>;

// getaddrinfo(), but for "localhost" and the names within it: those are the
// loopback addresses, and nobody is asked (RFC 6761). NOT_FOUND: no such host.
// UNAVAILABLE: the resolver fails.
absl::StatusOr<Addresses> ResolveWithSystem(const std::string& host);

class Lookup {
 public:
  bool done() const;
  // REQUIRES: done().
  absl::StatusOr<Addresses> result() const;
  // False: not done by then.
  bool WaitUntilDone(absl::Duration timeout);

 private:
  friend class Resolver;
  void Finish(absl::StatusOr<Addresses> result);

  mutable Mutex mu_;
  CondVar finished_;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  absl::StatusOr<Addresses> result_ ABSL_GUARDED_BY(mu_);
};

class Resolver {
 public:
  // `on_done` is called after each look-up, on its thread, but never after the
  // Resolver has been destroyed.
  Resolver(ResolveFunction resolve, std::function<void()> on_done);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Never waits. The result is RESOURCE_EXHAUSTED where too many look-ups hang
  // already, or the system has no thread left.
  std::shared_ptr<Lookup> Start(const std::string& host);

  static constexpr int kMaxLookups = 64;  // Under way at once.

 private:
  // Outlives the Resolver for as long as a look-up runs.
  struct Shared {
    explicit Shared(ResolveFunction function) : resolve(std::move(function)) {}
    const ResolveFunction resolve;
    Mutex mu;
    std::function<void()> on_done ABSL_GUARDED_BY(mu);
    int running ABSL_GUARDED_BY(mu) = 0;
  };

  static void Run(const std::shared_ptr<Shared>& shared,
                  const std::shared_ptr<Lookup>& lookup,
                  const std::string& host);

  const std::shared_ptr<Shared> shared_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_RESOLVER_H_
