// Two pumps that meet in memory, in one thread and a time of their own:
//
//   SteppedPumps pumps;
//   pumps.Pass(1000000, {1, 2});              // Microseconds; both run.
//   pumps[1].Send(2, Text(7, "hi"), absl::ZeroDuration());
//
// Thread rule: one thread.
#ifndef RAFT_CLUSTER_ENGINE_TESTING_PUMPS_H_
#define RAFT_CLUSTER_ENGINE_TESTING_PUMPS_H_

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "raft/base/clock.h"
#include "raft/cluster/engine/pump.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

class SteppedPumps {
 public:
  // As LinkOptions have them, of both.
  explicit SteppedPumps(uint64_t budget_bytes = 1000,
                        uint64_t max_envelope_bytes = 100,
                        Micros failure_timeout = 2000000) {
    const Registry transports = BuiltinTransports();  // With one loopback.
    for (Pid pid : {1, 2}) {
      const Pid peer = 3 - pid;
      TransportSpec spec;
      spec.url = UrlOf(pid);
      spec.self = pid;
      EngineOptions options;
      options.link.self = pid;
      options.link.self_url = UrlOf(pid).ToString();
      options.link.link_budget_bytes = budget_bytes;
      options.link.inbox_budget_bytes = budget_bytes;
      options.link.max_envelope_bytes = max_envelope_bytes;
      options.link.failure_timeout = failure_timeout;
      options.link.heartbeat = failure_timeout / 10;
      options.life = {100, static_cast<uint64_t>(pid)};
      options.peers.push_back({peer, UrlOf(peer)});
      pumps_.push_back(
          std::make_unique<Pump>(*transports.Open(spec), options, clock_));
      pumps_.back()->Connect().IgnoreError();
    }
  }

  Pump& operator[](Pid pid) { return *pumps_[static_cast<size_t>(pid) - 1]; }

  // Time goes by, in which these are called when they want to be.
  void Pass(Micros duration, const std::vector<Pid>& running) {
    const Micros end = now + duration;
    while (now < end) {
      Micros next = std::min(end, now + 10000);  // Frames may have come.
      for (Pid pid : running) {
        Pump& pump = (*this)[pid];
        pump.Step();
        next = std::min(next, std::max(pump.Deadline(), now + 1));
      }
      now = next;
    }
  }

  Micros now = 1;
  uint64_t looks = 0;  // At the clock, of both.

 private:
  class CountingClock final : public Clock {
   public:
    explicit CountingClock(SteppedPumps* pumps) : pumps_(*pumps) {}
    Micros Now() override {
      ++pumps_.looks;
      return pumps_.now;
    }

   private:
    SteppedPumps& pumps_;
  };

  static Url UrlOf(Pid pid) {
    return *ParseUrl(absl::StrCat("loopback://", pid));
  }

  CountingClock clock_{this};
  std::vector<std::unique_ptr<Pump>> pumps_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_TESTING_PUMPS_H_
