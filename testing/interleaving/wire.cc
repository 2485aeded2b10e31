#include "raft/testing/interleaving/wire.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "raft/cluster/link/wire.h"
#include "raft/testing/interleaving/network.h"
#include "raft/testing/interleaving/schedule.h"
#include "raft/transport/forwarding_transport.h"

namespace raft_cluster::internal {
namespace {

constexpr Pid kSelf = 1;

Micros Now() { return Schedule::Current().now(); }

void Check(bool good, absl::string_view why) {
  Schedule::Current().Check(good, why);
}

// Whose frame it is: each listens on the url of its pid.
Pid PidOf(const Origin& origin) {
  absl::string_view address = origin.address;
  Pid pid = 0;
  Check(absl::ConsumePrefix(&address, "loopback://") &&
            absl::SimpleAtoi(address, &pid),
        "a frame comes from nobody");
  return pid;
}

}  // namespace

// The pump's end: whoever is sent a frame acts on it before the call returns.
class WireTransport final : public ForwardingTransport {
 public:
  WireTransport(std::unique_ptr<Transport> inner, Wire* wire)
      : ForwardingTransport(std::move(inner)), wire_(wire) {
    wire_->transport_ = this;
  }
  ~WireTransport() override {
    wire_->transport_ = nullptr;
    wire_->coming_ = 0;
  }

  // Checksums would take most of the time.
  Properties properties() const override {
    Properties properties = ForwardingTransport::properties();
    properties.proves_integrity = true;
    return properties;
  }

  SendResult Send(Pid pid, const Frame& frame) override {
    if (wire_->peers_.at(pid).full) return SendResult::kFull;
    return Sent(pid, ForwardingTransport::Send(pid, frame));
  }
  SendResult Reply(const Origin& origin, const Frame& frame) override {
    return Sent(PidOf(origin), ForwardingTransport::Reply(origin, frame));
  }
  int Poll(int limit, Receiver& receiver) override {
    const int count = ForwardingTransport::Poll(limit, receiver);
    wire_->coming_ -= static_cast<size_t>(count);
    return count;
  }

 private:
  SendResult Sent(Pid pid, SendResult result) {
    if (result == SendResult::kSent) {
      ++wire_->peers_.at(pid).unheard;
      wire_->Act(pid);
    }
    return result;
  }

  Wire* const wire_;
};

// What a peer hears. Its connection is nothing that it would have to know of.
class Wire::Ear final : public Receiver {
 public:
  explicit Ear(Peer* peer) : peer_(*peer) {}

  void OnFrame(const Origin& origin, Frame frame) override {
    --peer_.unheard;
    ParsedFrame parsed;
    const ParseResult result =
        ParseFrame(frame, /*verify_checksum=*/false, &parsed);
    peer_.engine->OnFrame(origin, result, parsed, Now());
  }
  void OnReset(Pid, bool) override {}

 private:
  Peer& peer_;
};

EngineOptions Wire::QuietEngine(Pid self) {
  EngineOptions options;
  options.life = {1, static_cast<uint64_t>(self)};
  LinkOptions& link = options.link;
  link.self = self;
  link.self_url = UrlOf(self).ToString();
  link.link_budget_bytes = link.inbox_budget_bytes = 1 << 20;
  link.max_envelope_bytes = 1 << 16;
  link.heartbeat = Micros{3600} * 1000000;
  link.failure_timeout = 10 * link.heartbeat;
  return options;
}

Url Wire::UrlOf(Pid pid) {
  Url url;
  url.scheme = "loopback";
  url.address = absl::StrCat(pid);
  return url;
}

Wire::Wire(int peers) : open_(NewScheduledNetwork()) {
  for (Pid pid = kSelf + 1; pid <= kSelf + peers; ++pid) {
    Peer& peer = peers_[pid];
    EngineOptions options = QuietEngine(pid);
    options.peers = {{kSelf, UrlOf(kSelf)}};
    peer.engine = std::make_unique<Engine>(options, Now());
    peer.transport = OpenAt(pid);
    Check(peer.transport->Connect({kSelf, UrlOf(kSelf)}).ok(),
          "a peer cannot connect");
  }
}

Wire::~Wire() { Check(transport_ == nullptr, "the transport was not closed"); }

std::unique_ptr<Transport> Wire::OpenAt(Pid pid) {
  TransportSpec spec;
  spec.url = UrlOf(pid);
  spec.self = pid;
  absl::StatusOr<std::unique_ptr<Transport>> transport = open_(spec);
  Check(transport.ok(), "a transport cannot be opened");
  return *std::move(transport);
}

std::unique_ptr<Transport> Wire::Open() {
  auto transport = std::make_unique<WireTransport>(OpenAt(kSelf), this);
  for (auto& entry : peers_) {
    Ear ear(&entry.second);
    entry.second.transport->Poll(/*limit=*/1, ear);  // Its connection comes up.
  }
  return Checked(std::move(transport));
}

void Wire::Act(Pid pid) {
  Peer& peer = peers_.at(pid);
  Engine& engine = *peer.engine;
  Ear ear(&peer);
  while (peer.listens && peer.transport->Poll(/*limit=*/100, ear) == 100) {
  }
  Delivery received;
  while (peer.takes && engine.Take(&received, Now())) ++peer.taken;
  Engine::Due due;
  while (engine.NextFrame(Now(), /*sleeping=*/true, &due)) {
    const Frame frame = due.out.Encode();
    const SendResult result = due.out.reply
                                  ? peer.transport->Reply(due.out.origin, frame)
                                  : peer.transport->Send(kSelf, frame);
    if (result == SendResult::kSent) ++coming_;
  }
}

void Wire::SetListens(Pid peer, bool listens) {
  Schedule::Current().Point({listens ? "the peer hears" : "the peer is deaf"});
  peers_.at(peer).listens = listens;
  Act(peer);
}

void Wire::SetTakes(Pid peer, bool takes) {
  Schedule::Current().Point({takes ? "the peer takes" : "the peer is lazy"});
  peers_.at(peer).takes = takes;
  Act(peer);
}

void Wire::SetFull(Pid peer, bool full) {
  Schedule::Current().Point({full ? "the wire is full" : "the wire has room"});
  const bool room = peers_.at(peer).full && !full;
  peers_.at(peer).full = full;
  if (room && transport_ != nullptr) transport_->Wake();
}

void Wire::Say(Pid peer, const std::vector<std::string>& msgs) {
  Schedule::Current().Point({"the peer sends"});
  for (const std::string& msg : msgs) {
    Outgoing envelope;
    envelope.msg = Bytes::Copy(msg);
    Check(peers_.at(peer).engine->Offer(kSelf, envelope, Now()).ok(),
          "the peer cannot send");
  }
  Act(peer);
}

bool Wire::Quiet() const {
  for (const auto& [pid, peer] : peers_) {
    const Stats stats = peer.engine->GetStats(Now());
    if (stats.peers(0).ledger().in_flight() > 0) return false;
  }
  return coming_ == 0;
}

}  // namespace raft_cluster::internal
