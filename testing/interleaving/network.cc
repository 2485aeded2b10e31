#include "raft/testing/interleaving/network.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/testing/interleaving/schedule.h"
#include "raft/transport/forwarding_transport.h"
#include "raft/transport/loopback/loopback.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

void Check(bool good, absl::string_view why) {
  Schedule::Current().Check(good, why);
}

class ScheduledTransport;

struct Network {
  const Opener loopback = NewLoopbackNetwork();
  std::map<std::string, ScheduledTransport*> open;  // By url.
};

// Loopback's own Wait() would put all threads to sleep. This one keeps account
// of what gives it a reason to return; rather once too often.
class ScheduledTransport final : public ForwardingTransport {
 public:
  // The network is shared by all that meet in it.
  ScheduledTransport(std::unique_ptr<Transport> loopback,
                     std::shared_ptr<Network> network)
      : ForwardingTransport(std::move(loopback)), network_(std::move(network)) {
    network_->open[url().ToString()] = this;
    TellAll();  // Who calls it may get through from now on.
  }
  ~ScheduledTransport() override {
    network_->open.erase(url().ToString());
    TellAll();
  }

  absl::Status Connect(const PeerSpec& peer) override {
    absl::Status status = ForwardingTransport::Connect(peer);
    if (!status.ok()) return status;
    peers_[peer.pid] = peer.url.ToString();
    news_ = true;
    return status;
  }
  void Disconnect(Pid peer) override {
    ForwardingTransport::Disconnect(peer);
    peers_.erase(peer);
  }

  SendResult Send(Pid peer, const Frame& frame) override {
    const SendResult result = ForwardingTransport::Send(peer, frame);
    if (result == SendResult::kFull) refused_ = true;
    if (result == SendResult::kSent) {
      const auto to = network_->open.find(peers_.at(peer));
      if (to != network_->open.end()) to->second->news_ = true;
    }
    return result;
  }
  // An origin does not say whose it is.
  SendResult Reply(const Origin& origin, const Frame& frame) override {
    const SendResult result = ForwardingTransport::Reply(origin, frame);
    if (result == SendResult::kFull) refused_ = true;
    if (result == SendResult::kSent) TellAll();
    return result;
  }

  int Poll(int limit, Receiver& receiver) override {
    news_ = false;
    const int count = ForwardingTransport::Poll(limit, receiver);
    if (count == limit) news_ = true;
    if (count > 0) {
      for (const auto& entry : network_->open) entry.second->MayHaveRoom();
    }
    return count;
  }

  void Wait(absl::Duration timeout) override {
    Schedule& schedule = Schedule::Current();
    const Micros until =
        schedule.now() +
        absl::ToInt64Microseconds(std::max(
            absl::ZeroDuration(), std::min(timeout, absl::Hours(24 * 365))));
    schedule.WaitUntil(
        {"sleeps in Transport::Wait"},
        [&] { return woken_ || news_ || schedule.now() >= until; }, until);
    woken_ = false;
  }
  void Wake() override { woken_ = true; }

 private:
  void MayHaveRoom() { news_ |= std::exchange(refused_, false); }
  void TellAll() {
    for (const auto& entry : network_->open) entry.second->news_ = true;
  }

  const std::shared_ptr<Network> network_;
  std::map<Pid, std::string> peers_;
  bool news_ = false;     // For Poll().
  bool refused_ = false;  // A frame; tried again when somebody has polled.
  bool woken_ = false;
};

class CheckedTransport final : public ForwardingTransport {
 public:
  using ForwardingTransport::ForwardingTransport;
  ~CheckedTransport() override {
    Schedule::Current().Point({"destroys the transport"});
    Check(owners_ + wakers_ + sleepers_ == 0,
          "the transport is destroyed while in use");
  }

  absl::Status Connect(const PeerSpec& peer) override {
    const Owner owner(&owners_, "calls Transport::Connect");
    return ForwardingTransport::Connect(peer);
  }
  void Disconnect(Pid peer) override {
    const Owner owner(&owners_, "calls Transport::Disconnect");
    ForwardingTransport::Disconnect(peer);
  }
  SendResult Send(Pid peer, const Frame& frame) override {
    const Owner owner(&owners_, "calls Transport::Send");
    return ForwardingTransport::Send(peer, frame);
  }
  SendResult Reply(const Origin& origin, const Frame& frame) override {
    const Owner owner(&owners_, "calls Transport::Reply");
    return ForwardingTransport::Reply(origin, frame);
  }
  int Poll(int limit, Receiver& receiver) override {
    const Owner owner(&owners_, "calls Transport::Poll");
    return ForwardingTransport::Poll(limit, receiver);
  }

  void Wait(absl::Duration timeout) override {
    Check(Schedule::Current().locks_held() == 0, "a lock is held over Wait()");
    Check(++sleepers_ == 1, "two threads are in Wait()");
    ForwardingTransport::Wait(timeout);
    --sleepers_;
  }
  void Wake() override {
    Schedule& schedule = Schedule::Current();
    Check(schedule.locks_held() == 0, "a lock is held over Wake()");
    ++wakers_;
    schedule.Point({"calls Transport::Wake"});
    ForwardingTransport::Wake();
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
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;

   private:
    int* const owners_;
  };

  int owners_ = 0;
  int wakers_ = 0;
  int sleepers_ = 0;
};

}  // namespace

Opener NewScheduledNetwork() {
  // Shared, because copies of the opener meet in one network.
  auto network = std::make_shared<Network>();
  return [network](const TransportSpec& spec)
             -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<std::unique_ptr<Transport>> loopback =
        network->loopback(spec);
    if (!loopback.ok()) return loopback.status();
    return std::make_unique<ScheduledTransport>(*std::move(loopback), network);
  };
}

std::unique_ptr<Transport> Checked(std::unique_ptr<Transport> inner) {
  return std::make_unique<CheckedTransport>(std::move(inner));
}

}  // namespace raft_cluster::internal
