#include "raft/transport/stream/tls/tls_wire.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal::tls {

absl::StatusOr<std::unique_ptr<stream::Wire>> TlsWire::Make(
    const TransportSpec& spec) {
  auto wire = absl::WrapUnique(new TlsWire(spec.self));
  if (absl::Status status = wire->Rekey(spec.keys); !status.ok()) {
    return status;
  }
  return wire;
}

std::unique_ptr<stream::Channel> TlsWire::Accept(OwnedFd fd) {
  return std::make_unique<TlsChannel>(std::move(fd), &shared_, /*called=*/0);
}

std::unique_ptr<stream::Channel> TlsWire::Dial(OwnedFd fd, Pid called) {
  return std::make_unique<TlsChannel>(std::move(fd), &shared_, called);
}

Properties TlsWire::properties() const {
  Properties properties;
  properties.proves_integrity = true;
  properties.proves_peers = true;
  return properties;
}

absl::Status TlsWire::Expect(const PeerSpec& peer) {
  const auto listed = keys_.listed.find(peer.pid);
  const bool is_listed =
      listed != keys_.listed.end() && !listed->second.empty();
  if (peer.keys.empty()) {
    if (is_listed) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to peer ", peer.pid, ": it has no key"));
  }
  if (is_listed && listed->second == peer.keys) return absl::OkStatus();
  TransportKeys keys = keys_;
  keys.listed[peer.pid] = peer.keys;
  return Rekey(keys);
}

absl::Status TlsWire::Rekey(const TransportKeys& keys) {
  absl::StatusOr<std::shared_ptr<const Context>> context =
      Context::Create(keys, self_);
  if (!context.ok()) return context.status();
  shared_.context = *std::move(context);
  keys_ = keys;
  return absl::OkStatus();
}

bool TlsWire::Proves(Pid proven, const std::string& key) const {
  // One that has not come so far fails by itself when the keys have changed.
  if (proven == 0) return true;
  return shared_.context->trust().Proves(proven, key);
}

}  // namespace raft_cluster::internal::tls
