#include "raft/transport/zeromq/zap_authenticator.h"

#include <zmq.h>

#include <cerrno>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "raft/transport/zeromq/socket.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// https://rfc.zeromq.org/spec/27/: version, request id, domain, address,
// routing id, mechanism, and for CURVE the caller's key.
constexpr size_t kQuestionParts = 7;
constexpr size_t kRequestIdPart = 1;
constexpr size_t kAddressPart = 3;
constexpr size_t kMechanismPart = 5;
constexpr size_t kKeyPart = 6;
constexpr char kVersion[] = "1.0";

}  // namespace

std::unique_ptr<ZapAuthenticator> ZapAuthenticator::Post(
    Environment& environment, const KeyRing& ring, uint64_t cookie) {
  std::unique_ptr<ZapAuthenticator> keeper(
      new ZapAuthenticator(environment, ring));
  keeper->socket_ = OpenSocket(environment.context, zmq::socket_type::rep);
  if (!keeper->socket_ || !SetOption(keeper->socket_, ZMQ_LINGER, 0) ||
      !Bind(keeper->socket_, "inproc://zeromq.zap.01")) {
    return nullptr;
  }
  PendingEvents(keeper->socket_);
  if (!environment.events.Add(Descriptor(keeper->socket_), cookie))
    return nullptr;
  return keeper;
}

ZapAuthenticator::~ZapAuthenticator() {
  if (socket_) environment_.events.Remove(Descriptor(socket_));
}

void ZapAuthenticator::Answer(
    absl::FunctionRef<void(const std::string& address)> refused) {
  // After each answer, since that may have taken away the sign of the next
  // question.
  while ((PendingEvents(socket_) & ZMQ_POLLIN) != 0) {
    std::string request_id;
    std::string address;
    Pid owner = 0;
    std::string key;
    if (!Take(&request_id, &address, &owner, &key)) return;
    Say(request_id, owner, key);
    if (owner == 0) refused(address);
  }
}

bool ZapAuthenticator::Take(std::string* request_id, std::string* address,
                            Pid* owner, std::string* key) {
  std::vector<std::string> parts;
  for (bool more = true; more;) {
    zmq::message_t part;
    if (zmq_msg_recv(part.handle(), socket_.handle(), ZMQ_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    parts.push_back(part.to_string());
    more = part.more();
  }
  if (parts.size() > kRequestIdPart) *request_id = parts[kRequestIdPart];
  if (parts.size() > kAddressPart) *address = parts[kAddressPart];
  // Whatever is asked differently is refused: what cannot be read proves
  // nothing.
  if (parts.size() == kQuestionParts && parts[0] == kVersion &&
      parts[kMechanismPart] == "CURVE") {
    *owner = ring_.OwnerOf(parts[kKeyPart]);
    *key = KeyRing::ToText(parts[kKeyPart]);
  }
  return true;
}

void ZapAuthenticator::Say(const std::string& request_id, Pid owner,
                           const std::string& key) {
  const bool good = owner != 0;
  const std::string answer[] = {kVersion,
                                request_id,
                                good ? "200" : "400",
                                good ? "" : "this key is not in the list",
                                good ? absl::StrCat(owner, " ", key) : "",
                                ""};
  size_t left = sizeof(answer) / sizeof(answer[0]);
  for (const std::string& part : answer) {
    --left;
    // All six parts, come what may: else the next answer would go on with this
    // one.
    // Whoever has hung up meanwhile gets nothing.
    while (zmq_send(socket_.handle(), part.data(), part.size(),
                    ZMQ_DONTWAIT | (left > 0 ? ZMQ_SNDMORE : 0)) < 0 &&
           errno == EINTR) {
    }
  }
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
