#include "raft/transport/zeromq/zeromq.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "raft/base/assert.h"
#include "raft/transport/net/peer_url.h"
#include "raft/transport/zeromq/connection.h"
#include "raft/transport/zeromq/context.h"
#include "raft/transport/zeromq/handles.h"
#include "raft/transport/zeromq/transport_impl.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// Stands for the listener where a peer is named.
constexpr Pid kListener = 0;

constexpr Clock::time_point kNever = Clock::time_point::max();

constexpr int kMaxUpdates = 64;    // In one Poll(): dialling takes time.
constexpr size_t kFewPeers = 100;  // Whose sockets libzmq closes in no time.

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> TransportImpl::Open(
    const TransportSpec& spec, const ZeroMqOptions& options) {
  const absl::StatusOr<ParsedUrl> parsed = ParseZeroMqUrl(spec.url);
  if (!parsed.ok()) return parsed.status();
  if (spec.max_frame_bytes == 0 || spec.queue_bytes == 0) {
    return absl::InvalidArgumentError(
        "max_frame_bytes and queue_bytes: must be above 0");
  }
  absl::StatusOr<KeyRing> keys =
      KeyRing::Create(spec.url.scheme == "ipc" ? WithoutKeys(spec) : spec);
  if (!keys.ok()) return keys.status();
  absl::StatusOr<std::unique_ptr<DescriptorPledge>> descriptors =
      PledgeDescriptors(spec.expected_peers);
  if (!descriptors.ok()) return descriptors.status();
  absl::StatusOr<std::unique_ptr<Poller>> events = Poller::Create();
  if (!events.ok()) return events.status();
  absl::StatusOr<zmq::context_t> context = StartContext(spec.expected_peers);
  if (!context.ok()) return context.status();
  auto transport = absl::WrapUnique(new TransportImpl(
      spec, options, *std::move(keys), *std::move(descriptors),
      *std::move(events), *std::move(context)));
  absl::StatusOr<std::unique_ptr<Listener>> listener =
      Listener::Bind(transport->environment_, parsed->url, transport->resolver_,
                     FramesCookie(kListener), MonitorCookie(kListener));
  if (!listener.ok()) return listener.status();
  transport->listener_ = *std::move(listener);
  // Only of TCP the system says how much was read.
  if (spec.url.scheme == "tcp") transport->looks_.Begin(Clock::now());
  transport->SetAlarm();
  return std::make_unique<PromptlyClosed>(std::move(transport));
}

absl::Status TransportImpl::Connect(const PeerSpec& peer) {
  absl::StatusOr<Url> url = PeerUrl(peer, spec_.url.scheme, ParseZeroMqUrl);
  if (!url.ok()) return url.status();
  absl::StatusOr<std::vector<std::string>> keys = ring_.ToExpectOf(peer);
  if (!keys.ok()) return keys.status();
  Disconnect(peer.pid);
  Entry& entry =
      peers_
          .emplace(peer.pid,
                   Entry{Peer(environment_, resolver_, random_, *url,
                              *std::move(keys), FramesCookie(peer.pid),
                              MonitorCookie(peer.pid))})
          .first->second;
  const auto peers = static_cast<int>(peers_.size());
  for (; pledged_peers_ < peers; ++pledged_peers_) descriptors_->AddPeer();
  Update(peer.pid, entry);
  SetAlarm();
  return absl::OkStatus();
}

void TransportImpl::Disconnect(Pid peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  deadlines_.erase({found->second.deadline, peer});
  resolving_.erase(peer);
  peers_.erase(found);
}

absl::Status TransportImpl::Rekey(const TransportKeys& keys) {
  TransportSpec spec = spec_;
  if (spec.url.scheme != "ipc") spec.keys = keys;
  absl::StatusOr<KeyRing> ring = KeyRing::Create(spec);
  if (!ring.ok()) return ring.status();
  if (ring->empty() != ring_.empty()) {
    return absl::InvalidArgumentError(
        ring_.empty() ? "keys: there were none when the transport was opened"
                      : "keys: there are none any more");
  }
  if (ring_.empty()) return absl::OkStatus();
  const KeyRing former = std::exchange(ring_, *std::move(ring));
  const bool own = ring_.secret() != former.secret();
  const absl::Status status = listener_->OnRekeyed(own);
  if (!status.ok()) {
    ring_ = former;
    // Where that fails as well, it is tried again.
    listener_->OnRekeyed(own).IgnoreError();
    return status;
  }
  std::vector<PeerSpec> changed;
  for (const auto& [pid, entry] : peers_) {
    const auto* const now = ring_.Of(pid);
    const auto* const before = former.Of(pid);
    const bool same = now != nullptr && before != nullptr && *now == *before;
    if (own || !same) changed.push_back({pid, entry.peer.url()});
  }
  for (const PeerSpec& peer : changed) {
    // One that has no keys any more gets no connection.
    if (!Connect(peer).ok()) Disconnect(peer.pid);
  }
  return absl::OkStatus();
}

bool TransportImpl::StopListening() {
  return peers_.size() > kFewPeers && listener_->Stop();
}

SendResult TransportImpl::Send(Pid peer, const Frame& frame) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return SendResult::kUnknown;
  if (frame.size() > spec_.max_frame_bytes) return SendResult::kTooLarge;
  const SendResult result = found->second.peer.Send(frame);
  if (found->second.peer.readable()) ListAndStir(peer);
  return result;
}

SendResult TransportImpl::Reply(const Origin& origin, const Frame& frame) {
  if (IsDialled(origin.connection)) {
    return Send(DialledPeer(origin.connection), frame);
  }
  if (frame.size() > spec_.max_frame_bytes) return SendResult::kTooLarge;
  const SendResult result =
      listener_->Reply(RoutingId(origin.connection), frame);
  if (listener_->readable()) ListAndStir(kListener);
  return result;
}

int TransportImpl::Poll(int limit, Receiver& receiver) {
  RAFT_ASSERT(limit > 0);
  events_->Settle();
  cookies_.clear();
  const bool alarm = events_->Collect(cookies_);
  int updates = 0;
  for (const uint64_t cookie : cookies_) {
    const Pid id = PeerOfCookie(cookie);
    if (!IsMonitorCookie(cookie)) {
      List(id);
    } else if (id == kListener || updates++ < kMaxUpdates) {
      Report(id, receiver);
    }
  }
  const std::set<Pid> resolving = resolving_;
  for (const Pid peer : resolving) Report(peer, receiver);
  if (alarm || !cookies_.empty()) EndEndless(receiver);
  if (alarm) {
    const Clock::time_point now = Clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now &&
           updates++ < kMaxUpdates) {
      Report(deadlines_.begin()->second, receiver);
    }
  }
  // Its address may be free by now.
  listener_->ListenAgain();
  SetAlarm();

  int count = 0;
  for (int budget = limit; budget > 0 && !readable_.empty();) {
    const Pid id = readable_.front();
    readable_.pop_front();
    if (bool* const listed = Listed(id)) *listed = false;
    if (!Drain(id, budget, count, receiver)) List(id);
  }
  // The limit was reached before the end, and no descriptor will tell of the
  // rest.
  if (!readable_.empty()) events_->Stir();
  return count;
}

void TransportImpl::Report(Pid id, Receiver& receiver) {
  if (id == kListener) {
    listener_->Update([&](TurnedAway why, const std::string& host) {
      receiver.OnTurnedAway(why, /*peer=*/0, host);
    });
    return;
  }
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  Peer& peer = found->second.peer;
  if (Update(id, found->second)) receiver.OnReset(id, peer.up());
  if (const absl::optional<absl::Status> trouble = peer.TakeTrouble()) {
    receiver.OnTrouble(id, *trouble);
  }
  if (peer.TakeRefused()) {
    receiver.OnTurnedAway(
        peer.keys_of_one() ? TurnedAway::kKeysOfOne : TurnedAway::kHandshake,
        id, peer.url().ToString());
  }
}

bool TransportImpl::Update(Pid id, Entry& entry) {
  const bool changed = entry.peer.Update(Clock::now());
  if (entry.peer.deadline() != entry.deadline) {
    deadlines_.erase({entry.deadline, id});
    entry.deadline = entry.peer.deadline();
    if (entry.deadline != kNever) deadlines_.insert({entry.deadline, id});
  }
  if (entry.peer.resolving()) {
    resolving_.insert(id);
  } else {
    resolving_.erase(id);
  }
  return changed;
}

void TransportImpl::SetAlarm() {
  const Clock::time_point deadline =
      deadlines_.empty() ? kNever : deadlines_.begin()->first;
  events_->SetAlarm(std::min(deadline, looks_.alarm()));
}

void TransportImpl::EndEndless(Receiver& receiver) {
  const Clock::time_point now = Clock::now();
  if (!looks_.IsTime(now)) return;
  const bool soon = listener_->EndEndless([&](const std::string& host) {
    receiver.OnTurnedAway(TurnedAway::kTooLarge, /*peer=*/0, host);
  });
  bool flows = listener_->flows();
  if (listener_->readable()) List(kListener);
  for (auto& entry : peers_) {
    Peer& peer = entry.second.peer;
    if (peer.EndEndless()) {
      receiver.OnTurnedAway(TurnedAway::kTooLarge, entry.first,
                            peer.url().ToString());
      Report(entry.first, receiver);
    }
    flows |= peer.flows();
    if (peer.readable()) List(entry.first);
  }
  looks_.Looked(now, soon, flows);
}

bool* TransportImpl::Listed(Pid id) {
  if (id == kListener) return &listener_listed_;
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : &found->second.listed;
}

void TransportImpl::List(Pid id) {
  bool* const listed = Listed(id);
  if (listed == nullptr || *listed) return;
  *listed = true;
  readable_.push_back(id);
}

void TransportImpl::ListAndStir(Pid id) {
  List(id);
  events_->Stir();
}

bool TransportImpl::Drain(Pid id, int& budget, int& count, Receiver& receiver) {
  const auto found = peers_.find(id);
  Peer* const peer = found == peers_.end() ? nullptr : &found->second.peer;
  if (id != kListener && peer == nullptr) return true;
  while (budget > 0) {
    const Receipt receipt = peer == nullptr ? listener_->Receive(incoming_)
                                            : peer->Receive(incoming_);
    if (receipt == Receipt::kNothing) return true;
    --budget;
    if (receipt != Receipt::kFrame) {
      receiver.OnTurnedAway(WhyNoFrame(receipt), id, incoming_.sender_host);
      continue;
    }
    ++count;
    if (peer == nullptr) {
      origin_.proven = incoming_.proven;
      // Of many frames in turn from one connection it is written once.
      if (stranger_ != incoming_.routing_id) {
        stranger_ = incoming_.routing_id;
        origin_.connection = InboundConnection(stranger_);
        origin_.address = listener_->AddressOf(incoming_);
      }
    } else {
      stranger_.clear();
      origin_.proven = ring_.empty() ? 0 : id;
      origin_.connection = DialledConnection(id);
      origin_.address = peer->url().ToString();
    }
    receiver.OnFrame(origin_, std::move(incoming_.frame));
  }
  return false;
}

}  // namespace zeromq

Opener ZeroMqTransport(const ZeroMqOptions& options) {
  return [options](const TransportSpec& spec) {
    return zeromq::TransportImpl::Open(spec, options);
  };
}

}  // namespace raft_cluster::internal
