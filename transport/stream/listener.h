// The socket that is called. It is bound for as long as this lives.
//
// Thread rule: under the transport's lock. Only Bind() waits: for a resolver.
#ifndef RAFT_TRANSPORT_STREAM_LISTENER_H_
#define RAFT_TRANSPORT_STREAM_LISTENER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "raft/transport/net/ipc_path.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/net/poller.h"
#include "raft/transport/net/resolver.h"
#include "raft/transport/net/socket_address.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/stream/wire.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal::stream {

class Listener {
 public:
  // `url` is canonical; `events`, which outlives this, reports `cookie` when
  // somebody calls. Errors: as of Opener.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const Url& url,
                                                        Place place,
                                                        Poller& events,
                                                        Resolver& resolver,
                                                        uint64_t cookie);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Somebody who has called; nothing: nobody has, or the system has nothing
  // left for a caller. Then it rests until deadline(), at which Update() is to
  // be called.
  absl::optional<OwnedFd> Accept(Clock::time_point now);
  void Update(Clock::time_point now);
  Clock::time_point deadline() const { return deadline_; }

  const Url& url() const { return url_; }
  bool reachable_from_afar() const { return reachable_from_afar_; }
  const std::string& bound_address() const { return bound_address_; }

 private:
  Listener(const Url& url, Place place, Poller& events, uint64_t cookie)
      : url_(url), place_(place), events_(events), cookie_(cookie) {}

  absl::Status BindTcp(Resolver& resolver);
  absl::Status BindPath();
  absl::Status BindTo(const SocketAddress& address);
  absl::Status ReadAddress(TcpAddress address);

  Url url_;
  const Place place_;
  Poller& events_;
  const uint64_t cookie_;
  OwnedFd fd_;
  std::unique_ptr<IpcPath> path_;  // Goes first: see there.
  bool watched_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool reachable_from_afar_ = false;
  std::string bound_address_;
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_LISTENER_H_
