#include "raft/transport/zeromq/listener.h"

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "raft/transport/net/address.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/zeromq/endpoint.h"
#include "raft/transport/zeromq/socket.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

constexpr absl::Duration kResolveTimeout = absl::Seconds(5);
// libzmq's thread does it as soon as it has nothing else to do.
constexpr absl::Duration kUnbindTimeout = absl::Seconds(1);
// InboundConnections that the system lets wait for libzmq's thread: a whole
// cluster that starts at once, and more.
constexpr int kBacklog = 1024;
// Answers queued for one caller; see Transport::Reply().
constexpr int kRepliesPerCaller = 16;

absl::Status BindError(const Url& url, int error) {
  if (error == EMFILE || error == ENFILE) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot listen on \"", url.ToString(),
                     "\": ", DescriptorError(error).message()));
  }
  absl::string_view hint;
  switch (error) {
    case EADDRINUSE:
      hint =
          "; another process, perhaps the same server started twice, listens "
          "there";
      break;
    case EADDRNOTAVAIL:
    case ENODEV:
      hint = "; no network interface of this machine has the address";
      break;
    case EACCES:
    case EPERM:
      hint = url.scheme == "ipc" ? "; the folder is not writable"
                                 : "; ports below 1024 need a privilege";
      break;
    case ENOENT:
    case ENOTDIR:
      hint = "; the folder does not exist";
      break;
    default:
      break;
  }
  return absl::UnavailableError(
      absl::StrCat("cannot listen on \"", url.ToString(),
                   "\": ", zmq_strerror(error), hint));
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
  Addresses addresses = {url.host};
  if (IsHostName(url.host)) {
    const std::shared_ptr<Lookup> lookup = resolver.Start(url.host);
    if (!lookup->WaitUntilDone(kResolveTimeout)) {
      return absl::UnavailableError(absl::StrCat(
          "cannot listen on \"", url.ToString(), "\": the host name was not ",
          "resolved within ", absl::FormatDuration(kResolveTimeout)));
    }
    absl::StatusOr<Addresses> resolved = lookup->result();
    if (!resolved.ok()) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on \"", url.ToString(),
                       "\": ", resolved.status().message()));
    }
    addresses = *std::move(resolved);
  }
  absl::Status status;
  for (const std::string& address : addresses) {
    const std::string endpoint = TcpEndpoint(address, url.port);
    SetOption(router_, ZMQ_IPV6, NeedsIpv6(address) ? 1 : 0);
    if (zeromq::Bind(router_, endpoint)) {
      return ReadPort(url);
    }
    status = BindError(url, errno);
  }
  return status;
}

absl::Status Listener::ReadPort(const Url& url) {
  char endpoint[256] = "";
  size_t size = sizeof(endpoint);
  Uninterrupted([&] {
    return zmq_getsockopt(router_.handle(), ZMQ_LAST_ENDPOINT, endpoint, &size);
  });
  endpoint_ = endpoint;
  const absl::string_view bound = endpoint;
  const absl::string_view address = url.address;
  absl::string_view host = bound.substr(0, bound.rfind(':'));
  absl::ConsumePrefix(&host, "tcp://");
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  reachable_from_afar_ = !IsLoopback(std::string(host));
  absl::StatusOr<Url> parsed =
      ParseUrl(absl::StrCat("tcp://", address.substr(0, address.rfind(':')),
                            bound.substr(bound.rfind(':'))));
  if (!parsed.ok()) return parsed.status();
  url_ = *std::move(parsed);
  return absl::OkStatus();
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
  inbound_->Update(
      [&](const std::string& host) { refused(TurnedAway::kHandshake, host); });
}

bool Listener::EndEndless(
    absl::FunctionRef<void(const std::string& host)> ended) {
  if (url_.scheme != "tcp") return false;
  drained_ |= !readable();
  const bool drained = std::exchange(drained_, false);
  return inbound_->EndEndless(url_.port,
                              MaxWithheldBytes(environment_, drained), ended);
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
  if (keys && receipt == Receipt::kFrame) inbound_->Heard(incoming.descriptor);
  return receipt;
}

SendResult Listener::Reply(absl::string_view routing_id, const Frame& frame) {
  return SendFrameTo(router_, routing_id, frame);
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
