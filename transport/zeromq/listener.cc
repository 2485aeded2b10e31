#include "raft/transport/zeromq/listener.h"

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "raft/transport/net/address.h"
#include "raft/transport/net/bind_error.h"
#include "raft/transport/net/listen_hosts.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/zeromq/endpoint.h"
#include "raft/transport/zeromq/socket.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// libzmq's thread does it as soon as it has nothing else to do.
constexpr absl::Duration kUnbindTimeout = absl::Seconds(1);
// InboundConnections that the system lets wait for libzmq's thread: a whole
// cluster that starts at once, and more.
constexpr int kBacklog = 1024;
// Answers queued for one caller; see Transport::Reply().
constexpr int kRepliesPerCaller = 16;

absl::Status BindError(const Url& url, int error) {
  return internal::BindError(url, error, zmq_strerror(error));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(
    Environment& environment, const Url& url, Resolver& resolver,
    uint64_t cookie, uint64_t monitor_cookie) {
  std::unique_ptr<Listener> listener(new Listener(environment));
  absl::Status status = listener->Open(url, cookie, monitor_cookie);
  if (status.ok()) {
    status = url.scheme == "ipc" ? listener->BindIpc(url)
                                 : listener->BindTcp(url, resolver);
  }
  if (!status.ok()) return status;
  return listener;
}

Listener::~Listener() {
  if (router_) environment_.events.Remove(Descriptor(router_));
}

absl::Status Listener::Open(const Url& url, uint64_t cookie,
                            uint64_t monitor_cookie) {
  const KeyRing& keys = environment_.keys;
  // Before the router: where nobody answers for keys, libzmq lets everybody in.
  if (!keys.empty()) {
    authenticator_ = ZapAuthenticator::Post(environment_, keys, monitor_cookie);
    if (authenticator_ == nullptr) return BindError(url, errno);
  }
  router_ = OpenSocket(environment_.context, zmq::socket_type::router);
  if (!router_ || !SetWireOptions(router_, environment_) ||
      // Or replies to those who have gone would vanish without a word.
      !SetOption(router_, ZMQ_ROUTER_MANDATORY, 1) ||
      !SetOption(router_, ZMQ_SNDHWM, kRepliesPerCaller) ||
      !SetOption(router_, ZMQ_BACKLOG, kBacklog) ||
      !environment_.events.Add(Descriptor(router_), cookie)) {
    return BindError(url, errno);
  }
  if (!keys.empty() &&
      (!SetOption(router_, ZMQ_CURVE_SERVER, 1) ||
       !SetOption(router_, ZMQ_CURVE_SECRETKEY, keys.secret()))) {
    return BindError(url, errno);
  }
  inbound_ = InboundConnections::Watch(environment_, router_, monitor_cookie);
  if (inbound_ == nullptr) return BindError(url, errno);
  return absl::OkStatus();
}

absl::Status Listener::BindTcp(const Url& url, Resolver& resolver) {
  const absl::StatusOr<TcpAddress> parsed = ParseTcpAddress(url);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<Addresses> addresses =
      ListenHosts(url, parsed->host, resolver);
  if (!addresses.ok()) return addresses.status();
  absl::Status status;
  for (const std::string& address : *addresses) {
    const std::string endpoint = TcpEndpoint(address, parsed->port);
    // For each, as a name may have addresses of both kinds.
    SetOption(router_, ZMQ_IPV6, NeedsIpv6(address) ? 1 : 0);
    if (zeromq::Bind(router_, endpoint)) return ReadAddress(url, *parsed);
    status = BindError(url, errno);
  }
  return status;
}

absl::Status Listener::ReadAddress(const Url& url, TcpAddress address) {
  char endpoint[256] = "";
  size_t size = sizeof(endpoint);
  Uninterrupted([&] {
    return zmq_getsockopt(router_.handle(), ZMQ_LAST_ENDPOINT, endpoint, &size);
  });
  endpoint_ = endpoint;
  absl::StatusOr<Url> bound_url = ParseUrl(endpoint);
  if (!bound_url.ok()) return bound_url.status();
  const absl::StatusOr<TcpAddress> bound = ParseTcpAddress(*bound_url);
  if (!bound.ok()) return bound.status();
  reachable_from_afar_ = !IsLoopback(bound->host);
  port_ = address.port = bound->port;
  bound_address_ = bound->ToString();
  // The host as it was given, since that is what peers know; of what was bound
  // the port alone is news.
  url_ = {url.scheme, address.ToString(), /*text=*/""};
  return absl::OkStatus();
}

absl::Status Listener::OnRekeyed(bool own) {
  rekeyed_ = true;
  inbound_->EndAllBut(port_, [this](Pid proven, const std::string& key) {
    return environment_.keys.Proves(proven, key);
  });
  if (!own) return absl::OkStatus();
  // What a socket is set to counts for what is bound later.
  if (!SetOption(router_, ZMQ_CURVE_SECRETKEY, environment_.keys.secret())) {
    return BindError(url_, errno);
  }
  // Where it is not free in time it will be later: then it is bound later, too.
  // To take it for bound would leave nobody there for good.
  if (!deaf_) Stop();
  deaf_ = true;
  return ListenAgain() ? absl::OkStatus() : BindError(url_, errno);
}

bool Listener::ListenAgain() {
  if (deaf_) deaf_ = !zeromq::Bind(router_, endpoint_);
  return !deaf_;
}

bool Listener::Stop() {
  if (ipc_path_ != nullptr) {
    ipc_path_ = nullptr;
    return true;
  }
  return Uninterrupted([&] {
           return zmq_unbind(router_.handle(), endpoint_.c_str());
         }) == 0 &&
         inbound_->WaitUntilClosed(kUnbindTimeout);
}

absl::Status Listener::BindIpc(const Url& url) {
  ipc_path_ = std::make_unique<IpcPath>(url.address);
  url_ = url;
  return ipc_path_->Bind([&] {
    return zeromq::Bind(router_, url.ToString()) ? absl::OkStatus()
                                                 : BindError(url, errno);
  });
}

void Listener::Update(
    absl::FunctionRef<void(TurnedAway why, const std::string& host)> refused) {
  if (authenticator_ != nullptr) {
    authenticator_->Answer([&](const std::string& host) {
      refused(TurnedAway::kUnknownKey, host);
    });
  }
  inbound_->Update(refused);
}

bool Listener::EndEndless(
    absl::FunctionRef<void(const std::string& host)> ended) {
  if (url_.scheme != "tcp") return false;
  drained_ |= !readable();
  const bool drained = std::exchange(drained_, false);
  return inbound_->EndEndless(port_, MaxWithheldBytes(environment_, drained),
                              ended);
}

Receipt Listener::Receive(Incoming& incoming) {
  const bool keys = authenticator_ != nullptr;
  const Receipt receipt =
      ReceiveFrame(router_, keys ? Sender::kProven : Sender::kStranger,
                   environment_.max_frame_bytes, incoming);
  if (receipt == Receipt::kNothing) {
    drained_ = true;
    return receipt;
  }
  inbound_->HandedOut(incoming.descriptor);
  if (rekeyed_ && keys && receipt == Receipt::kFrame &&
      !environment_.keys.Proves(incoming.proven, incoming.key)) {
    inbound_->End(port_, incoming.descriptor);
    return Receipt::kUnproven;
  }
  if (keys && receipt == Receipt::kFrame) {
    inbound_->Heard(incoming.descriptor, incoming.proven, incoming.key);
  }
  return receipt;
}

std::string Listener::AddressOf(const Incoming& incoming) const {
  // Another one may have the descriptor by now.
  std::string address = inbound_->AddressOf(incoming.descriptor);
  const bool same = !incoming.sender_host.empty() &&
                    absl::StrContains(address, incoming.sender_host);
  return same ? address : incoming.sender_host;
}

SendResult Listener::Reply(absl::string_view routing_id, const Frame& frame) {
  return SendFrameTo(router_, routing_id, frame);
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
