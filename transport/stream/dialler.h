// Calls one peer: resolves its host, connects to each of its addresses in turn,
// waits out the back-off and begins again, until it is told to rest.
//
//   attempt = resolve (host names only), then call each address in turn;
//   all failed, or a connection was lost: a pause (transport/net/backoff.h).
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_STREAM_DIALLER_H_
#define RAFT_TRANSPORT_STREAM_DIALLER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "raft/transport/net/backoff.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/net/poller.h"
#include "raft/transport/net/resolver.h"
#include "raft/transport/net/socket_address.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/stream/wire.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal::stream {

class Dialler {
 public:
  // `events` will report `cookie` when it is time to Update(). `url` is
  // canonical and no wildcard; the others outlive this.
  Dialler(Poller& events, DescriptorPledge& descriptors, Resolver& resolver,
          absl::BitGen& random, const Url& url, Place place, uint64_t cookie);
  ~Dialler();
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;

  // Does what is due. A socket that is connected is handed over, and has then
  // its time for the handshake. Call it when the cookie is reported, the
  // deadline has come or, while it resolves, when the resolver has something.
  absl::optional<OwnedFd> Update(Clock::time_point now);

  Clock::time_point deadline() const { return deadline_; }
  bool resolving() const { return lookup_ != nullptr; }
  // The other side takes longer for the handshake than it has.
  bool HasTimedOut(Clock::time_point now) const {
    return state_ == State::kHandedOver && now >= deadline_;
  }

  // What became of the socket that was handed over: it is up, or not, or was
  // and was lost.
  void OnUp(Clock::time_point now);
  void OnFailed(absl::Status why, Clock::time_point now);
  void OnLost(Clock::time_point now);
  // Nobody needs a connection for now, or from then on one again. What was
  // handed over is not looked after any more.
  void Rest();
  void Call(Clock::time_point at);

  // Why the peer cannot be reached, where that is news.
  absl::optional<absl::Status> TakeTrouble();
  void ForgetTrouble();

 private:
  enum class State { kResting, kPausing, kResolving, kConnecting, kHandedOver };

  absl::optional<OwnedFd> Begin(Clock::time_point now);
  absl::optional<OwnedFd> CallNext(Clock::time_point now);
  // Closes the socket that connects, if there is one.
  void Hang();
  void SetTrouble(absl::Status why);

  Poller& events_;
  DescriptorPledge& descriptors_;
  Resolver& resolver_;
  const Url url_;
  const Place place_;
  const TcpAddress tcp_;
  const uint64_t cookie_;

  State state_ = State::kPausing;
  Clock::time_point deadline_ = Clock::time_point::min();
  std::shared_ptr<Lookup> lookup_;
  std::vector<SocketAddress> addresses_;  // To be called in this attempt.
  size_t next_ = 0;
  OwnedFd fd_;  // While it connects.
  Backoff backoff_;
  Clock::time_point up_since_;
  absl::Status trouble_;
  bool trouble_is_news_ = false;
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_DIALLER_H_
