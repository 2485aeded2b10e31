#include "raft/testing/gate.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/transport/forwarding_transport.h"

namespace raft_cluster::internal {
namespace {

// A wait may be for ever, which a condition variable cannot say.
constexpr absl::Duration kLongestWait = absl::Seconds(1);

}  // namespace

class TransportBehindGate : public ForwardingTransport {
 public:
  TransportBehindGate(std::unique_ptr<Transport> inner,
                      std::shared_ptr<Gate> gate)
      : ForwardingTransport(std::move(inner)), gate_(std::move(gate)) {
    MutexLock lock(gate_->mu_);
    gate_->transports_.insert(this);
  }
  ~TransportBehindGate() override {
    MutexLock lock(gate_->mu_);
    gate_->transports_.erase(this);
  }

  SendResult Send(Pid peer, const Frame& frame) override {
    const Gate::State state = gate_->state();
    return state == Gate::State::kOpen ? inner().Send(peer, frame)
                                       : Swallowed(state);
  }
  SendResult Reply(const Origin& origin, const Frame& frame) override {
    const Gate::State state = gate_->state();
    return state == Gate::State::kOpen ? inner().Reply(origin, frame)
                                       : Swallowed(state);
  }

  int Poll(int limit, Receiver& receiver) override {
    if (gate_->state() != Gate::State::kOpen) return 0;
    return inner().Poll(limit, receiver);
  }

  // Behind a closed gate the inner transport may be ready all the time, so
  // its Wait() would be a busy loop.
  void Wait(absl::Duration timeout) override {
    if (gate_->state() == Gate::State::kOpen) return inner().Wait(timeout);
    MutexLock lock(mu_);
    if (!woken_) {
      wake_up_.WaitFor(
          mu_, absl::ToChronoMicroseconds(std::min(timeout, kLongestWait)));
    }
    woken_ = false;
  }

  void Wake() override {
    {
      MutexLock lock(mu_);
      woken_ = true;
    }
    wake_up_.NotifyAll();
    inner().Wake();
  }

 private:
  static SendResult Swallowed(Gate::State state) {
    return state == Gate::State::kHeld ? SendResult::kFull : SendResult::kSent;
  }

  const std::shared_ptr<Gate> gate_;
  Mutex mu_;
  CondVar wake_up_;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
};

Gate::State Gate::state() const {
  MutexLock lock(mu_);
  return state_;
}

void Gate::Set(State state) {
  MutexLock lock(mu_);
  if (state_ == State::kCut) return;
  state_ = state;
  for (Transport* transport : transports_) transport->Wake();
}

Opener GatedTransport(Opener inner, std::shared_ptr<Gate> gate) {
  return [inner = std::move(inner),
          gate = std::move(gate)](const TransportSpec& spec)
             -> absl::StatusOr<std::unique_ptr<Transport>> {
    auto transport = inner(spec);
    if (!transport.ok()) return transport.status();
    return std::make_unique<TransportBehindGate>(*std::move(transport), gate);
  };
}

Registry GatedTransports(const Registry& inner, std::shared_ptr<Gate> gate) {
  Registry gated;
  const Opener open = GatedTransport(
      [inner](const TransportSpec& spec) { return inner.Open(spec); },
      std::move(gate));
  for (const std::string& scheme : inner.schemes()) {
    // The name comes from a registry, so there is nothing to refuse.
    gated.Register(scheme, open).IgnoreError();
  }
  return gated;
}

}  // namespace raft_cluster::internal
