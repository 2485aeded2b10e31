#include "raft/transport/stream/stream_transport.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"
#include "raft/transport/net/address.h"
#include "raft/transport/net/ipc_url.h"
#include "raft/transport/net/peer_url.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/stream/record.h"
#include "raft/transport/stream/transport_impl.h"

namespace raft_cluster::internal::stream {
namespace {

// Cookies: the listener's, those of connections, their ids, and those of
// diallers, made of the peer.
constexpr uint64_t kListener = 0;
constexpr uint64_t kDialler = uint64_t{1} << 62;

constexpr int kBaseDescriptors = 4;  // Three to wait with, and the listener.
constexpr int kPeerDescriptors = 2;  // One each way, until they are one.
constexpr int kMaxAccepted = 64;     // In one Poll(), so that others come up.
constexpr size_t kMaxCallers = 128;  // Who have not said who they are.
constexpr int kMaxTurns = 1000;      // In one Poll().
constexpr std::chrono::seconds kCallerTimeout{2};

absl::StatusOr<ParsedUrl> Parse(const Url& url, Place place) {
  return place == Place::kTcp ? ParseTcpUrl(url) : ParseIpcUrl(url);
}

}  // namespace

TransportImpl::TransportImpl(const TransportSpec& spec, Place place,
                             std::unique_ptr<Wire> wire,
                             std::unique_ptr<DescriptorPledge> descriptors,
                             std::unique_ptr<Poller> events)
    : spec_(spec),
      place_(place),
      wire_(std::move(wire)),
      descriptors_(std::move(descriptors)),
      events_(std::move(events)),
      resolver_(ResolveWithSystem, [this] { events_->Stir(); }),
      environment_{*events_,  *descriptors_,      chunks_,
                   spec.self, LargestFrame(spec), spec.queue_bytes},
      spinner_(spec.spin),
      pledged_peers_(spec.expected_peers) {
  spec_.keys.listed.clear();
  descriptors_->Hold(kBaseDescriptors);
}

TransportImpl::~TransportImpl() {
  // Whoever calls from now on is refused, rather than accepted and hung up on.
  listener_ = nullptr;
}

absl::StatusOr<std::unique_ptr<Transport>> TransportImpl::Open(
    const TransportSpec& spec, Place place, std::unique_ptr<Wire> wire) {
  const absl::StatusOr<ParsedUrl> parsed = Parse(spec.url, place);
  if (!parsed.ok()) return parsed.status();
  if (spec.max_frame_bytes == 0 || spec.queue_bytes == 0) {
    return absl::InvalidArgumentError(
        "max_frame_bytes and queue_bytes: must be above 0");
  }
  if (LargestFrame(spec) > kMaxRecordBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_frame_bytes: must be at most ", kMaxRecordBytes));
  }
  absl::StatusOr<std::unique_ptr<DescriptorPledge>> descriptors =
      DescriptorPledge::Make(
          {kBaseDescriptors, kPeerDescriptors, spec.expected_peers});
  if (!descriptors.ok()) return descriptors.status();
  absl::StatusOr<std::unique_ptr<Poller>> events = Poller::Create();
  if (!events.ok()) return events.status();
  auto transport = absl::WrapUnique(
      new TransportImpl(spec, place, std::move(wire), *std::move(descriptors),
                        *std::move(events)));
  absl::StatusOr<std::unique_ptr<Listener>> listener = Listener::Bind(
      parsed->url, place, *transport->events_, transport->resolver_, kListener);
  if (!listener.ok()) return listener.status();
  transport->listener_ = *std::move(listener);
  return transport;
}

Properties TransportImpl::properties() const {
  Properties properties = wire_->properties();
  properties.fifo = true;
  if (spec_.large_frame_bytes > spec_.max_frame_bytes) {
    properties.preferred_frame_bytes = spec_.large_frame_bytes;
  }
  properties.reachable_from_afar = listener_->reachable_from_afar();
  properties.bound_address = listener_->bound_address();
  return properties;
}

absl::Status TransportImpl::Connect(const PeerSpec& peer) {
  absl::StatusOr<Url> url =
      PeerUrl(peer, spec_.url.scheme,
              [this](const Url& url) { return Parse(url, place_); });
  if (!url.ok()) return url.status();
  const absl::Status expected = wire_->Expect(peer);
  if (!expected.ok()) return expected;
  Disconnect(peer.pid);
  Peer& entry = peers_[peer.pid];
  entry.pid = peer.pid;
  entry.url = *url;
  entry.dialler = std::make_unique<Dialler>(
      *events_, *descriptors_, resolver_, random_, *url, place_,
      kDialler | static_cast<uint64_t>(peer.pid));
  const auto peers = static_cast<int>(peers_.size());
  for (; pledged_peers_ < peers; ++pledged_peers_) descriptors_->AddPeer();
  // The first attempt is made in Poll(), and is due.
  SetDeadline(entry);
  events_->Stir();
  return absl::OkStatus();
}

void TransportImpl::Disconnect(Pid peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  Drop(found->second);
  peers_.erase(found);
}

absl::Status TransportImpl::Rekey(const TransportKeys& keys) {
  const absl::Status status = wire_->Rekey(keys);
  if (!status.ok() || !wire_->properties().proves_peers) return status;
  const bool own = keys.secret.text() != spec_.keys.secret.text();
  spec_.keys.secret = keys.secret;
  std::vector<Pid> gone;
  for (const auto& [pid, peer] : peers_) {
    if (!wire_->Expect({pid, peer.url}).ok()) gone.push_back(pid);
  }
  for (const Pid pid : gone) Disconnect(pid);
  for (auto& [id, entry] : connections_) {
    Connection& connection = *entry.connection;
    if (!own && connection.is_up() &&
        wire_->Proves(connection.proven(), connection.channel().key())) {
      continue;
    }
    connection.Cut(absl::UnavailableError("the keys have changed"));
    ListAndStir(id);
  }
  return absl::OkStatus();
}

SendResult TransportImpl::Send(Pid peer, const Frame& frame) {
  Peer* const found = FindPeer(peer);
  if (found == nullptr) return SendResult::kUnknown;
  if (frame.size() > LargestFrame(spec_)) return SendResult::kTooLarge;
  switch (found->way) {
    case Way::kNone:  // It may be about to come up.
    case Way::kOwn:
      return SendOver(found->own, frame);
    case Way::kTheirs:
      return SendOver(found->theirs, frame);
    case Way::kSwitching:
      break;
  }
  return SendResult::kFull;
}

SendResult TransportImpl::SendOver(uint64_t id, const Frame& frame) {
  Connection* const connection = Find(id);
  if (connection == nullptr) return SendResult::kFull;
  const SendResult result = connection->Send(frame);
  if (connection->is_broken()) ListAndStir(id);
  return result;
}

SendResult TransportImpl::Reply(const Origin& origin, const Frame& frame) {
  const Connection* const connection = Find(origin.connection);
  if (connection == nullptr || !connection->is_up()) {
    return SendResult::kUnknown;
  }
  if (frame.size() > LargestFrame(spec_)) return SendResult::kTooLarge;
  return SendOver(origin.connection, frame);
}

Connection* TransportImpl::Find(uint64_t id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.connection.get();
}

uint64_t TransportImpl::Add(std::unique_ptr<Channel> channel, Pid called,
                            const std::string& address) {
  const uint64_t id = ++last_id_;
  auto connection = std::make_unique<Connection>(
      environment_, std::move(channel), id, called, address);
  if (!connection->watched()) return 0;
  connections_[id].connection = std::move(connection);
  List(id);
  return id;
}

void TransportImpl::Erase(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const Connection& connection = *found->second.connection;
  if (!connection.is_dialled()) {
    callers_.erase(id);
    if (connection.is_up()) {
      const auto claims = claims_.find(connection.theirs().self);
      if (claims != claims_.end()) {
        claims->second.erase(id);
        if (claims->second.empty()) claims_.erase(claims);
      }
    }
  }
  connections_.erase(found);
}

void TransportImpl::List(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second.listed) return;
  found->second.listed = true;
  ready_.push_back(id);
}

void TransportImpl::ListAndStir(uint64_t id) {
  List(id);
  events_->Stir();
}

int TransportImpl::Poll(int limit, Receiver& receiver) {
  RAFT_ASSERT(limit > 0);
  events_->Settle();
  cookies_.clear();
  events_->Collect(cookies_);
  const Clock::time_point now = Clock::now();
  for (const uint64_t cookie : cookies_) {
    if (cookie == kListener) {
      Accept(now, receiver);
    } else if ((cookie & kDialler) != 0) {
      Peer* const peer = FindPeer(static_cast<Pid>(cookie & ~kDialler));
      if (peer != nullptr) Update(*peer, receiver);
    } else {
      List(cookie);
    }
  }
  const std::set<Pid> resolving = resolving_;
  for (const Pid pid : resolving) {
    if (Peer* const peer = FindPeer(pid)) Update(*peer, receiver);
  }
  listener_->Update(now);

  int count = 0;
  for (int turns = 0; !ready_.empty() && count < limit && turns < kMaxTurns;
       ++turns) {
    const uint64_t id = ready_.front();
    ready_.pop_front();
    Serve(id, limit, count, receiver);
  }
  // After what has come in time.
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Update(*FindPeer(deadlines_.begin()->second), receiver);
  }
  TurnAwayLate(now, receiver);
  SetAlarm();
  // No descriptor will tell of these.
  if (!ready_.empty()) events_->Stir();
  return count;
}

void TransportImpl::Serve(uint64_t id, int limit, int& count,
                          Receiver& receiver) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Entry& entry = found->second;
  entry.listed = false;
  Connection& connection = *entry.connection;
  connection.BeginTurn();
  Connection::Input input;
  while (count < limit) {
    switch (connection.Next(input)) {
      case Connection::Event::kNothing:
        return;
      case Connection::Event::kMore:
        List(id);
        return;
      case Connection::Event::kUp:
        OnUp(connection, receiver);
        break;
      case Connection::Event::kFrame:
        ++count;
        HandUp(connection, std::move(input.frame), receiver);
        break;
      case Connection::Event::kEcho:
        OnEcho(connection, input.nonce, receiver);
        break;
      case Connection::Event::kEnded:
        OnEnded(connection, receiver);
        return;
    }
  }
  // It goes on where it was, before others read.
  connection.EndTurn();
  entry.listed = true;
  ready_.push_front(id);
}

void TransportImpl::HandUp(const Connection& connection, Bytes bytes,
                           Receiver& receiver) {
  // Of many frames in turn from one connection it is written once.
  if (origin_.connection != connection.id()) {
    origin_.connection = connection.id();
    origin_.proven = connection.proven();
    origin_.address = connection.address();
  }
  receiver.OnFrame(origin_, Frame{std::move(bytes), {}});
}

void TransportImpl::OnEnded(const Connection& connection, Receiver& receiver) {
  const uint64_t id = connection.id();
  if (connection.is_turned_away()) {
    receiver.OnTurnedAway(
        connection.refusal(),
        connection.is_dialled() ? connection.called() : connection.proven(),
        connection.address());
  }
  const Pid pid = connection.is_dialled() ? connection.called()
                  : connection.is_up()    ? connection.theirs().self
                                          : 0;
  Peer* const peer = FindPeer(pid);
  if (peer != nullptr && peer->own == id) {
    OnOwnEnded(*peer, connection, receiver);
  } else if (peer != nullptr && peer->theirs == id) {
    OnTheirsEnded(*peer, receiver);
  }
  Erase(id);
}

void TransportImpl::Accept(Clock::time_point now, Receiver& receiver) {
  for (int i = 0; i < kMaxAccepted; ++i) {
    absl::optional<OwnedFd> fd = listener_->Accept(now);
    if (!fd.has_value()) return;
    const std::string address = PeerAddress(fd->get());
    const uint64_t id = Add(wire_->Accept(*std::move(fd)), 0, address);
    if (id == 0) continue;
    connections_[id].deadline = now + kCallerTimeout;
    callers_.insert(id);
    if (callers_.size() <= kMaxCallers) continue;
    const uint64_t oldest = *callers_.begin();
    receiver.OnTurnedAway(TurnedAway::kHandshake, 0, Find(oldest)->address());
    Erase(oldest);
  }
}

void TransportImpl::TurnAwayLate(Clock::time_point now, Receiver& receiver) {
  while (!callers_.empty()) {
    const uint64_t oldest = *callers_.begin();
    const Entry& entry = connections_.at(oldest);
    if (entry.deadline > now || entry.listed) return;
    receiver.OnTurnedAway(TurnedAway::kHandshake, 0,
                          entry.connection->address());
    Erase(oldest);
  }
}

void TransportImpl::SetAlarm() {
  Clock::time_point alarm = listener_->deadline();
  if (!deadlines_.empty()) alarm = std::min(alarm, deadlines_.begin()->first);
  if (!callers_.empty()) {
    alarm = std::min(alarm, connections_.at(*callers_.begin()).deadline);
  }
  events_->SetAlarm(alarm);
}

void TransportImpl::Wait(absl::Duration timeout) {
  const absl::Duration spin = std::min(spinner_.Next(), timeout);
  if (spin > absl::ZeroDuration()) {
    const bool found = events_->Spin(spin);
    spinner_.Report(found);
    if (found) return;
  }
  events_->Wait(timeout - std::max(spin, absl::ZeroDuration()));
}

absl::StatusOr<std::unique_ptr<Transport>> OpenStream(
    const TransportSpec& spec, Place place, std::unique_ptr<Wire> wire) {
  return TransportImpl::Open(spec, place, std::move(wire));
}

}  // namespace raft_cluster::internal::stream
