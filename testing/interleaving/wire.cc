#include "raft/testing/interleaving/wire.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/cluster/link/wire.h"
#include "raft/testing/interleaving/schedule.h"

namespace raft_cluster::internal {
namespace {

constexpr Pid kSelf = 1;

Micros Now() { return Schedule::Current().now(); }

void Check(bool good, absl::string_view why) {
  Schedule::Current().Check(good, why);
}

Origin From(Pid peer) {
  return {/*proven=*/0, static_cast<uint64_t>(peer),
          absl::StrCat("wire://", peer)};
}

}  // namespace

class WireTransport : public Transport {
 public:
  explicit WireTransport(Wire* wire) : wire_(wire) { wire_->open_ = true; }
  ~WireTransport() override {
    Schedule::Current().Point({"destroys the transport"});
    Check(owners_ + wakers_ + sleepers_ == 0,
          "the transport is destroyed while in use");
    wire_->open_ = false;
  }

  const Url& url() const override { return url_; }
  Properties properties() const override {
    return {/*fifo=*/true, /*proves_integrity=*/true};
  }

  absl::Status Connect(const PeerSpec& peer) override {
    const Owner owner(&owners_, "calls Transport::Connect");
    wire_->resets_.push_back(peer.pid);
    return absl::OkStatus();
  }
  void Disconnect(Pid) override {
    const Owner owner(&owners_, "calls Transport::Disconnect");
  }

  SendResult Send(Pid pid, const Frame& frame) override {
    const Owner owner(&owners_, "calls Transport::Send");
    Wire::Peer& peer = wire_->peers_.at(pid);
    if (peer.full) return SendResult::kFull;
    peer.unheard.push_back(frame);
    wire_->Act(pid);
    return SendResult::kSent;
  }
  SendResult Reply(const Origin&, const Frame&) override {
    const Owner owner(&owners_, "calls Transport::Reply");
    return SendResult::kSent;
  }

  int Poll(int limit, Receiver& receiver) override {
    const Owner owner(&owners_, "calls Transport::Poll");
    wire_->woken_ = wire_->room_ = false;
    for (; !wire_->resets_.empty(); wire_->resets_.pop_back()) {
      receiver.OnReset(wire_->resets_.back(), /*up=*/true);
    }
    int frames = 0;
    for (; frames < limit && !wire_->arrivals_.empty(); ++frames) {
      const auto [peer, frame] = std::move(wire_->arrivals_.front());
      wire_->arrivals_.pop_front();
      receiver.OnFrame(From(peer), frame);
    }
    return frames;
  }

  void Wait(absl::Duration timeout) override {
    Schedule& schedule = Schedule::Current();
    Check(schedule.locks_held() == 0, "a lock is held over Wait()");
    Check(++sleepers_ == 1, "two threads are in Wait()");
    const Micros until = Now() + absl::ToInt64Microseconds(timeout);
    schedule.WaitUntil(
        {"sleeps in Transport::Wait"},
        [&] {
          return wire_->woken_ || wire_->room_ || !wire_->resets_.empty() ||
                 !wire_->arrivals_.empty() || Now() >= until;
        },
        until);
    --sleepers_;
  }

  void Wake() override {
    Schedule& schedule = Schedule::Current();
    Check(schedule.locks_held() == 0, "a lock is held over Wake()");
    ++wakers_;
    schedule.Point({"calls Transport::Wake"});
    wire_->woken_ = true;
    --wakers_;
  }

 private:
  // Over each call that needs the ownership of the transport.
  class Owner {
   public:
    Owner(int* owners, const char* call) : owners_(owners) {
      Check(++*owners_ == 1, "two threads use the transport at once");
      Check(Schedule::Current().locks_held() <= 1,
            "another lock is held over a call of the transport");
      Schedule::Current().Point({call});
    }
    ~Owner() { --*owners_; }

   private:
    int* const owners_;
  };

  Wire* const wire_;
  const Url url_;
  int owners_ = 0;
  int wakers_ = 0;
  int sleepers_ = 0;
};

EngineOptions Wire::QuietEngine(Pid self) {
  EngineOptions options;
  options.life = {1, static_cast<uint64_t>(self)};
  LinkOptions& link = options.link;
  link.self = self;
  link.self_url = Url().ToString();  // All are at the same one.
  link.link_budget_bytes = link.inbox_budget_bytes = 1 << 20;
  link.max_envelope_bytes = 1 << 16;
  link.heartbeat = Micros{3600} * 1000000;
  link.failure_timeout = 10 * link.heartbeat;
  return options;
}

Wire::Wire(int peers) {
  for (Pid pid = kSelf + 1; pid <= kSelf + peers; ++pid) {
    EngineOptions options = QuietEngine(pid);
    options.peers = {{kSelf, {}}};
    peers_[pid].engine = std::make_unique<Engine>(options, Now());
  }
}

Wire::~Wire() { Check(!open_, "the transport was not closed"); }

std::unique_ptr<Transport> Wire::Open() {
  return std::make_unique<WireTransport>(this);
}

void Wire::Act(Pid pid) {
  Peer& peer = peers_.at(pid);
  Engine& engine = *peer.engine;
  for (; peer.listens && !peer.unheard.empty(); peer.unheard.pop_front()) {
    ParsedFrame parsed;
    const ParseResult result = ParseFrame(peer.unheard.front(),
                                          /*verify_checksum=*/false, &parsed);
    engine.OnFrame(From(kSelf), result, parsed, Now());
  }
  Delivery received;
  while (peer.takes && engine.Take(&received, Now())) ++peer.taken;
  Engine::Due due;
  while (engine.NextFrame(Now(), /*sleeping=*/true, &due)) {
    arrivals_.emplace_back(pid, due.out.Encode());
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
  room_ = peers_.at(peer).full && !full;
  peers_.at(peer).full = full;
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
  return arrivals_.empty() && resets_.empty();
}

}  // namespace raft_cluster::internal
