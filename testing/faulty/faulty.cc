#include "raft/testing/faulty/faulty.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/base/mutex.h"
#include "raft/transport/forwarding_transport.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster {
namespace {

using internal::Mutex;
using internal::MutexLock;

using Micros = int64_t;
constexpr Micros kNever = INT64_MAX;

Micros Now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// More than a frame's bytes, so that empty ones have a bound too.
size_t Cost(const Frame& frame) { return frame.size() + 64; }

// Frames meet their fate where they arrive: there answers and frames are
// alike, and whatever the inner transport says of a Send() stays true.
class Faulty : public ForwardingTransport, private ForwardingReceiver {
 public:
  Faulty(std::unique_ptr<Transport> inner, const TransportSpec& spec,
         const Faults& faults)
      : ForwardingTransport(std::move(inner)),
        spec_(spec),
        faults_(faults),
        longest_(absl::ToInt64Microseconds(faults.longest)),
        dice_(faults.seed * 1000003 + static_cast<uint64_t>(spec.self)) {}

  Properties properties() const override {
    Properties properties = inner().properties();
    properties.fifo = false;
    return properties;
  }

  absl::Status Connect(const PeerSpec& peer) override {
    absl::Status status = inner().Connect(peer);
    if (status.ok()) peers_[peer.pid] = {peer, /*full_until=*/0};
    return status;
  }
  void Disconnect(Pid peer) override {
    peers_.erase(peer);
    inner().Disconnect(peer);
  }

  SendResult Send(Pid peer, const Frame& frame) override {
    const auto found = peers_.find(peer);
    // What would be refused for good is nothing to play with.
    const size_t most = std::max(spec_.max_frame_bytes,
                                 inner().properties().preferred_frame_bytes);
    if (found == peers_.end() || frame.size() > most) {
      return inner().Send(peer, frame);
    }
    const Micros now = Now();
    if (now < found->second.full_until) return SendResult::kFull;
    if (Happens(faults_.refusal)) {
      found->second.full_until = now + Moment();
      ReturnBy(found->second.full_until);
      return SendResult::kFull;
    }
    if (Happens(faults_.reset)) {
      inner().Connect(found->second.spec).IgnoreError();  // As before.
    }
    return inner().Send(peer, frame);
  }

  int Poll(int limit, Receiver& receiver) override {
    set_inner_receiver(&receiver);
    count_ = 0;
    now_ = Now();
    while (count_ < limit && !late_.empty() && late_.begin()->first <= now_) {
      const auto first = late_.begin();
      const Late late = std::move(first->second);
      late_.erase(first);
      late_bytes_ -= Cost(late.frame);
      HandOut(late.origin, late.frame);
    }
    while (count_ < limit) {
      const int asked = limit - count_;
      if (inner().Poll(asked, *this) < asked) break;
    }
    Micros next = late_.empty() ? kNever : late_.begin()->first;
    for (const auto& entry : peers_) {
      const Micros full_until = entry.second.full_until;
      if (full_until > now_) next = std::min(next, full_until);
    }
    MutexLock lock(mu_);
    return_by_ = next;
    return count_;
  }

  void Wait(absl::Duration timeout) override {
    Micros return_by;
    {
      MutexLock lock(mu_);
      return_by = return_by_;
    }
    if (return_by != kNever) {
      timeout = std::min(timeout, absl::Microseconds(return_by - Now()));
    }
    inner().Wait(timeout);
  }

 private:
  struct Peer {
    PeerSpec spec;
    Micros full_until;
  };
  struct Late {
    Origin origin;
    Frame frame;
  };

  // Not std::uniform_real_distribution, which is another on each system.
  bool Happens(double probability) {
    return static_cast<double>(dice_() >> 11) * 0x1p-53 < probability;
  }
  Micros Moment() {
    return 1 +
           static_cast<Micros>(
               dice_() % static_cast<uint64_t>(std::max<Micros>(longest_, 1)));
  }

  // Whoever waits, or is about to, has to be back by then.
  void ReturnBy(Micros time) {
    {
      MutexLock lock(mu_);
      if (time >= return_by_) return;
      return_by_ = time;
    }
    inner().Wake();
  }

  // False: too much is late already.
  bool Hold(const Origin& origin, const Frame& frame) {
    if (late_bytes_ + Cost(frame) > spec_.queue_bytes) return false;
    late_bytes_ += Cost(frame);
    late_.emplace(now_ + Moment(), Late{origin, frame});
    return true;
  }
  void HandOut(const Origin& origin, Frame frame) {
    ++count_;
    inner_receiver().OnFrame(origin, std::move(frame));
  }

  // Receiver; within Poll().
  void OnFrame(const Origin& origin, Frame frame) override {
    if (Happens(faults_.loss)) return;
    if (Happens(faults_.duplication)) Hold(origin, frame);
    if (Happens(faults_.delay) && Hold(origin, frame)) return;
    HandOut(origin, std::move(frame));
  }

  const TransportSpec spec_;
  const Faults faults_;
  const Micros longest_;
  std::mt19937_64 dice_;
  std::map<Pid, Peer> peers_;
  std::multimap<Micros, Late> late_;  // By when they are to be handed out.
  size_t late_bytes_ = 0;
  // Of the Poll() in which we are.
  int count_ = 0;
  Micros now_ = 0;

  Mutex mu_;
  Micros return_by_ ABSL_GUARDED_BY(mu_) = kNever;
};

}  // namespace

Opener FaultyTransport(Opener inner, const Faults& faults) {
  return [inner = std::move(inner), faults](const TransportSpec& spec)
             -> absl::StatusOr<std::unique_ptr<Transport>> {
    auto transport = inner(spec);
    if (!transport.ok()) return transport.status();
    return std::make_unique<Faulty>(*std::move(transport), spec, faults);
  };
}

Registry FaultyTransports(const Registry& inner, const Faults& faults) {
  const Opener open = [inner](const TransportSpec& spec) {
    return inner.Open(spec);
  };
  Registry faulty;
  for (const std::string& scheme : inner.schemes()) {
    // The name comes from a registry, so there is nothing to refuse.
    faulty.Register(scheme, FaultyTransport(open, faults)).IgnoreError();
  }
  return faulty;
}

}  // namespace raft_cluster
