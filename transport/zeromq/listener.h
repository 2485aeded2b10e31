// The one address on which a transport listens: a ROUTER that receives the
// frames of all who connect, and answers them.
//
// Thread rule: under the transport's lock. Nothing throws; only Bind() waits.
#ifndef RAFT_TRANSPORT_ZEROMQ_LISTENER_H_
#define RAFT_TRANSPORT_ZEROMQ_LISTENER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/transport/net/ipc_path.h"
#include "raft/transport/net/resolver.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/environment.h"
#include "raft/transport/zeromq/inbound_connections.h"
#include "raft/transport/zeromq/message.h"
#include "raft/transport/zeromq/socket.h"
#include "raft/transport/zeromq/zap_authenticator.h"

namespace raft_cluster::internal {
namespace zeromq {

class Listener {
 public:
  // A host name is resolved first, for which this waits some seconds at most.
  // `events` reports `cookie` when there may be frames, and `monitor_cookie`
  // when it is time to Update(). UNAVAILABLE: the address cannot be bound, or
  // the name not be resolved.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(
      Environment& environment, const Url& url, Resolver& resolver,
      uint64_t cookie, uint64_t monitor_cookie);
  ~Listener();

  // Gives the address back, and waits until it is free; nothing may be called
  // any more. False: it is not known when it will be.
  bool Stop();

  // Other keys are in force: from now on nothing comes from a connection by a
  // key that does not prove its peer any more, and it is ended. `own`: our own
  // secret is another one, for which the address is given back and bound anew,
  // and all connections are ended. UNAVAILABLE: it cannot be bound just now;
  // ListenAgain() tries once more.
  absl::Status OnRekeyed(bool own);
  // True: it does listen.
  bool ListenAgain();

  // As bound: the port is known.
  const Url& url() const { return url_; }
  // Other machines can reach it.
  bool reachable_from_afar() const { return reachable_from_afar_; }
  // Of tcp: "127.0.0.1:10001".
  const std::string& bound_address() const { return bound_address_; }
  // Where a frame came from, as far as it is known.
  std::string AddressOf(const Incoming& incoming) const;

  // Answers those who show a key, and tells of all who do not come in.
  void Update(
      absl::FunctionRef<void(TurnedAway why, const std::string& host)> refused);

  // Ends connections over tcp that make libzmq collect a message without end,
  // and tells of them. To be called every now and then: it judges what came
  // before the last call. True: to be called again soon.
  bool EndEndless(absl::FunctionRef<void(const std::string& host)> ended);
  // As of then, something more than heartbeats was coming in.
  bool flows() const { return inbound_->flows(); }

  Receipt Receive(Incoming& incoming);
  // `routing_id`: of a frame that was received here.
  SendResult Reply(absl::string_view routing_id, const Frame& frame);
  // There are frames, which the events may no longer report after a Reply().
  bool readable() { return (PendingEvents(router_) & ZMQ_POLLIN) != 0; }

 private:
  explicit Listener(Environment& environment) : environment_(environment) {}

  absl::Status Open(const Url& url, uint64_t cookie, uint64_t monitor_cookie);
  absl::Status BindTcp(const Url& url, Resolver& resolver);
  absl::Status BindIpc(const Url& url);
  // Where a tcp socket was bound.
  absl::Status ReadAddress(const Url& url, TcpAddress address);

  Environment& environment_;
  // There before the router, and after it.
  std::unique_ptr<ZapAuthenticator> authenticator_;
  zmq::socket_t router_;
  std::unique_ptr<InboundConnections> inbound_;
  // Given back before the router closes.
  std::unique_ptr<IpcPath> ipc_path_;
  Url url_;
  uint16_t port_ = 0;     // Of tcp.
  std::string endpoint_;  // As libzmq has it, of tcp.
  bool reachable_from_afar_ = false;
  std::string bound_address_;
  bool deaf_ = false;     // Its address could not be bound anew.
  bool rekeyed_ = false;  // Connections may be by keys that are good no more.
  // There was nothing more to receive, since the last EndEndless().
  bool drained_ = false;
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_LISTENER_H_
