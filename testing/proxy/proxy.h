// A TCP connection with a hand on it: a proxy that does to what passes through
// it what networks do.
//
//   absl::StatusOr<std::unique_ptr<TcpProxy>> proxy =
//       TcpProxy::Start(*ParseUrl("tcp://127.1.2.3:4567"));
//   // What connects to (*proxy)->url() speaks with 127.1.2.3:4567.
//   (*proxy)->CutAfter(/*bytes=*/100000, TcpProxy::Cut::kReset);
//   (*proxy)->Freeze();
//
// It listens on a loopback address, on a port of the system's choice. Where
// the target does not listen, who calls is accepted and then reset.
//
// Thread rule: any thread. What a call sets holds for all that passes after it
// has returned; what it does to connections is done soon after.
#ifndef RAFT_TESTING_PROXY_PROXY_H_
#define RAFT_TESTING_PROXY_PROXY_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"
#include "raft/base/thread.h"
#include "raft/testing/proxy/connection.h"
#include "raft/testing/proxy/tamperer.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

class TcpProxy {
 public:
  // As who calls sees it: to the target, or from it.
  enum class Way { kThere = 0, kBack = 1 };
  // How a connection ends for both its ends: by RST, or by FIN.
  using Cut = ProxiedConnection::Cut;

  // INVALID_ARGUMENT: not tcp:// or plain:// with an IPv4 address and a port.
  // UNAVAILABLE: the system has no port or descriptor left.
  static absl::StatusOr<std::unique_ptr<TcpProxy>> Start(const Url& target);
  // Resets all connections.
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  const Url& url() const { return url_; }

  // Cuts each connection when exactly so many bytes have passed through it
  // from now on, both ways together; but one that is not so old yet only when
  // something passes after that. 0: never (as at first).
  void CutAfter(size_t bytes, Cut how,
                absl::Duration least_age = absl::ZeroDuration());
  // Cuts all connections, once.
  void CutAll(Cut how);
  // Ends one way of all connections now: its receiver sees the end of the
  // stream, its sender nothing, and what it sends is lost.
  void HalfClose(Way way);

  // From now on nothing comes through this way: it is lost, as is the news of
  // the stream's end. A connection that has known the darkness stays dark for
  // ever; those that are made after Lighten() are not.
  void Darken(Way way);
  void Lighten(Way way);

  // Nothing moves and nobody is accepted, but nothing is lost.
  void Freeze();
  void Thaw();

  // No more than so many bytes in a second, of all connections and both ways
  // together. 0: no limit (as at first).
  void Throttle(size_t bytes_per_second);

  // From now on does so to a few bytes every so many that pass, of all
  // connections and both ways together. 0: never (as at first).
  void Tamper(Tampering how, size_t period_bytes);

  struct Counts {
    int accepted = 0;            // Connections.
    int open = 0;                // Of them.
    int cut = 0;                 // Of them, by CutAfter() or CutAll().
    int tampered = 0;            // How often bytes were changed.
    uint64_t bytes[2] = {0, 0};  // That passed, by Way.
  };
  Counts counts() const;

 private:
  TcpProxy(const Url& target, int listener, int waker, Url url);

  void Run();
  void Wake();
  // What poll() is to look at, and for how many milliseconds.
  int Prepare(std::vector<pollfd>& fds) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // One turn of the loop, with what poll() has found.
  void Turn(const std::vector<pollfd>& fds) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Accept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool OldEnoughToCut(const ProxiedConnection& connection) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CutIfDue(ProxiedConnection& connection)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // How many bytes may pass at present.
  size_t Allowed(const ProxiedConnection& connection) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Move(ProxiedConnection& connection, int way, bool readable)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndAll(Cut how) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Url target_;
  const Url url_;
  const int listener_;
  const int waker_;

  mutable Mutex mu_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool frozen_ ABSL_GUARDED_BY(mu_) = false;
  bool dark_[2] ABSL_GUARDED_BY(mu_) = {false, false};
  size_t cut_after_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  Cut cut_after_how_ ABSL_GUARDED_BY(mu_) = Cut::kReset;
  absl::Duration cut_least_age_ ABSL_GUARDED_BY(mu_);
  size_t bytes_per_second_ ABSL_GUARDED_BY(mu_) = 0;
  double allowance_bytes_ ABSL_GUARDED_BY(mu_) = 0;  // Under the throttle.
  absl::Duration last_turn_ ABSL_GUARDED_BY(mu_);
  Tamperer tamperer_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<ProxiedConnection>> connections_
      ABSL_GUARDED_BY(mu_);
  Counts counts_ ABSL_GUARDED_BY(mu_);
  Thread thread_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_PROXY_PROXY_H_
