#include "raft/transport/zeromq/zeromq.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "raft/base/assert.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/net/poller.h"
#include "raft/transport/zeromq/connection.h"
#include "raft/transport/zeromq/context.h"
#include "raft/transport/zeromq/handles.h"
#include "raft/transport/zeromq/listener.h"
#include "raft/transport/zeromq/look_times.h"
#include "raft/transport/zeromq/message.h"
#include "raft/transport/zeromq/peer.h"
#include "raft/transport/zeromq/prompt_close.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// Stands for the listener where a peer is named.
constexpr Pid kListener = 0;

constexpr int kMaxUpdates = 64;    // In one Poll(): dialling takes time.
constexpr size_t kFewPeers = 100;  // Whose sockets libzmq closes in no time.

constexpr Clock::time_point kNever = Clock::time_point::max();

// Thread rule: as Transport's.
//
// libzmq's descriptors are edge-triggered: whoever touches a socket may take
// away the sign that there are frames in it, and nobody asleep would ever hear
// of them. Hence every call that sends asks at its end whether there are frames
// in that socket, and if so puts it on the list of those to be read. Who reads
// until there are none need not ask: libzmq says so only after it has looked at
// all that it was told, and whatever it is told next shows at the descriptor.
class TransportImpl : public StoppableTransport {
 public:
  static absl::StatusOr<std::unique_ptr<Transport>> Open(
      const TransportSpec& spec, const ZeroMqOptions& options);

  const Url& url() const override { return listener_->url(); }

  Properties properties() const override {
    Properties properties;
    properties.fifo = true;
    properties.proves_integrity = properties.proves_peers = !ring_.empty();
    properties.reachable_from_afar = listener_->reachable_from_afar();
    properties.bound_address = listener_->bound_address();
    return properties;
  }

  absl::Status Connect(const PeerSpec& peer) override;
  void Disconnect(Pid peer) override;
  SendResult Send(Pid peer, const Frame& frame) override;
  SendResult Reply(const Origin& origin, const Frame& frame) override;
  int Poll(int limit, Receiver& receiver) override;
  void Wait(absl::Duration timeout) override { events_->Wait(timeout); }
  void Wake() override { events_->Wake(); }
  bool StopListening() override {
    return peers_.size() > kFewPeers && listener_->Stop();
  }

 private:
  struct Entry {
    Peer peer;
    Clock::time_point deadline = kNever;  // As in deadlines_.
    bool listed = false;                  // In readable_.
  };

  TransportImpl(const TransportSpec& spec, const ZeroMqOptions& options,
                KeyRing keys, std::unique_ptr<DescriptorPledge> descriptors,
                std::unique_ptr<Poller> events, zmq::context_t context)
      : spec_(WithoutKeys(spec)),
        ring_(std::move(keys)),
        descriptors_(std::move(descriptors)),
        events_(std::move(events)),
        resolver_(options.resolve, [this] { events_->Stir(); }),
        context_(std::move(context)),
        environment_{context_,
                     *events_,
                     *descriptors_,
                     ring_,
                     spec.max_frame_bytes,
                     spec.queue_bytes} {
    descriptors_->Hold(kBaseDescriptors);
  }

  // Updates the peer and its deadline; true if its connection came or went.
  bool Update(Pid id, Entry& entry);
  // The same, and reports the latter. Of the listener: who does not come in.
  void Report(Pid id, Receiver& receiver);
  void SetAlarm();
  // Ends connections that hold a message without end, when it is time to.
  void EndEndless(Receiver& receiver);

  // Puts one on the list of those to be read.
  void List(Pid id);
  // The same outside Poll(), where somebody may be asleep in Wait().
  void ListAndStir(Pid id);
  bool* Listed(Pid id);  // Null for a peer that has gone.
  // Hands out the frames of one until it has no more (true), or until `budget`
  // messages were taken.
  bool Drain(Pid id, int& budget, int& count, Receiver& receiver);

  const TransportSpec spec_;
  const KeyRing ring_;
  const std::unique_ptr<DescriptorPledge> descriptors_;
  const std::unique_ptr<Poller> events_;
  Resolver resolver_;
  zmq::context_t context_;
  Environment environment_;
  absl::BitGen random_;
  std::unique_ptr<Listener> listener_;

  std::map<Pid, Entry> peers_;
  int pledged_peers_ = spec_.expected_peers;
  std::set<std::pair<Clock::time_point, Pid>> deadlines_;
  LookTimes looks_;  // For messages without end.
  std::set<Pid> resolving_;
  // To be read, longest waiting first; kListener among them.
  std::deque<Pid> readable_;
  bool listener_listed_ = false;
  // Kept for their memory.
  std::vector<uint64_t> cookies_;
  Incoming incoming_;
  Origin origin_;
  std::string stranger_;  // The routing id in origin_, if there is one.
};

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
  if (peer.pid <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to peer ", peer.pid, ": not positive"));
  }
  if (peer.url.scheme != spec_.url.scheme) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to \"", peer.url.ToString(), "\": not ",
                     spec_.url.scheme, "://"));
  }
  const absl::StatusOr<ParsedUrl> parsed = ParseZeroMqUrl(peer.url);
  if (!parsed.ok()) return parsed.status();
  if (parsed->wildcard) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to \"", peer.url.ToString(),
                     "\": a wildcard is nobody's address"));
  }
  absl::StatusOr<std::vector<std::string>> keys = ring_.ToExpectOf(peer);
  if (!keys.ok()) return keys.status();
  Disconnect(peer.pid);
  Entry& entry =
      peers_
          .emplace(peer.pid,
                   Entry{Peer(environment_, resolver_, random_, parsed->url,
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

}  // namespace
}  // namespace zeromq

Opener ZeroMqTransport(const ZeroMqOptions& options) {
  return [options](const TransportSpec& spec) {
    return zeromq::TransportImpl::Open(spec, options);
  };
}

}  // namespace raft_cluster::internal
