// Keeps up the connection to one peer: dials, waits out the back-off, resolves
// the host's name anew and begins again, for ever.
//
//   attempt = resolve (host names only), then dial each address in turn, with
//             each key that the peer may have;
//   all failed, or a connection was lost: a pause (transport/net/backoff.h).
//
// libzmq could reconnect by itself, but it would keep what it had queued for
// the peer's former life, ask no resolver of ours, spread its pauses by no more
// than 50 ms, and fill a monitor that nobody reads until its thread stands
// still.
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_ZEROMQ_PEER_H_
#define RAFT_TRANSPORT_ZEROMQ_PEER_H_

#include <chrono>  // NOLINT(build/c++11)
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "raft/transport/net/backoff.h"
#include "raft/transport/net/connect_probe.h"
#include "raft/transport/net/poller.h"
#include "raft/transport/net/resolver.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/connection.h"
#include "raft/transport/zeromq/message.h"

namespace raft_cluster::internal {
namespace zeromq {

class Peer {
 public:
  // `events` will report `cookie` when there may be frames, and
  // `monitor_cookie` when it is time to Update(). All arguments but the values
  // outlive this. `url` is canonical. `server_keys`: the peer has one of these;
  // empty where there are no keys.
  Peer(Environment& environment, Resolver& resolver, absl::BitGen& random,
       Url url, std::vector<std::string> server_keys, uint64_t cookie,
       uint64_t monitor_cookie);

  // Looks at what has happened and does what is due, also the first attempt.
  // True: a connection came up or was lost. Call it when the monitor's cookie
  // is reported, the deadline has come, or, while it resolves, when the
  // resolver has something.
  bool Update(Clock::time_point now);
  bool up() const { return up_; }
  Clock::time_point deadline() const { return deadline_; }
  bool resolving() const { return lookup_ != nullptr; }
  // Whether the last attempt failed since one side would not talk to the other;
  // once for each.
  bool TakeRefused() { return std::exchange(refused_, false); }
  // Namely because only one of them has keys.
  bool keys_of_one() const { return keys_of_one_; }
  // Why the peer cannot be reached, where that is news.
  absl::optional<absl::Status> TakeTrouble();

  // kFull also while there is no connection.
  SendResult Send(const Frame& frame);
  Receipt Receive(Incoming& incoming);
  bool readable() const;
  // As Connection's. Update() belongs after it.
  bool EndEndless();
  bool flows() const { return connection_ != nullptr && connection_->flows(); }

  const Url& url() const { return url_; }

 private:
  void BeginAttempt(Clock::time_point now);
  void AddEndpoint(const std::string& endpoint, const std::string& host);
  void DialNext(Clock::time_point now);
  // An attempt has failed, and what is known of the reason.
  void Fail();
  void SetTrouble(absl::Status why);

  Environment& environment_;
  Resolver& resolver_;
  const Url url_;
  const TcpAddress tcp_;  // Of a tcp url.
  const uint64_t cookie_;
  const uint64_t monitor_cookie_;

  // One of the two, or neither while it pauses.
  std::shared_ptr<Lookup> lookup_;  // Shared with the thread that works on it.
  std::unique_ptr<Connection> connection_;
  bool up_ = false;  // As last reported.
  Clock::time_point up_since_;
  struct Endpoint {
    std::string address;  // As libzmq wants it.
    std::string host;     // Numeric, of tcp.
    std::string server_key;
  };
  std::vector<Endpoint> endpoints_;  // To be dialled in this attempt, in order.
  size_t next_endpoint_ = 0;
  // The one that was right the last time comes first.
  std::vector<std::string> server_keys_;
  bool handshake_failed_ = false;  // With one of the endpoints.
  bool refused_ = false;
  bool keys_of_one_ = false;
  // The last attempt got a connection, or had no descriptor for one.
  bool connected_ = false;
  bool timed_out_ = false;
  bool exhausted_ = false;
  absl::Status trouble_;
  bool trouble_is_news_ = false;
  // libzmq does not say why it cannot connect.
  ConnectProbe probe_;
  int probes_left_ = 0;
  Backoff backoff_;
  Clock::time_point deadline_ = Clock::time_point::min();
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_PEER_H_
