#include "raft/testing/simulation/faults.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "raft/testing/simulation/streams.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kMostAway = 3000000;  // From a crash to the restart.

}  // namespace

SimFaultSchedule::SimFaultSchedule(uint64_t seed, const FaultWeights& weights,
                                   SimNetwork* network, int servers,
                                   SimFaultTarget* target)
    : random_(StreamOf(seed, SimStream::kFaults)),
      faults_({{weights.crash, &SimFaultSchedule::Crash},
               {weights.pause, &SimFaultSchedule::Pause},
               {weights.twin, &SimFaultSchedule::Twin},
               {weights.leave, &SimFaultSchedule::Leave}}),
      network_(network),
      servers_(servers),
      target_(target) {
  if (servers > 1) {  // Otherwise there is nothing between them.
    faults_.insert(faults_.end(),
                   {{weights.weather, &SimFaultSchedule::Weather},
                    {weights.cut, &SimFaultSchedule::Cut},
                    {weights.partition, &SimFaultSchedule::Partition},
                    {weights.clog, &SimFaultSchedule::Clog},
                    {weights.reset, &SimFaultSchedule::Reset},
                    {weights.reload, &SimFaultSchedule::Reload}});
  }
  for (const Weighted& fault : faults_) {
    weight_ += static_cast<uint64_t>(fault.weight);
  }
  next_ = weight_ == 0 ? kNever : random_.Between(0, 1000000);
}

Micros SimFaultSchedule::Next() const {
  return later_.empty() ? next_ : std::min(next_, later_.begin()->first);
}

void SimFaultSchedule::Act() {
  const Micros now = network_->now();
  while (!later_.empty() && later_.begin()->first <= now) {
    const std::function<void()> action = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    action();
  }
  if (now < next_) return;
  Inflict();
  next_ = now + random_.Between(10000, 1000000);
}

void SimFaultSchedule::Stop() {
  later_.clear();
  next_ = kNever;
  for (Pid from = 1; from <= servers_; ++from) {
    for (Pid to = 1; to <= servers_; ++to) {
      network_->faults(from, to) = SimFaults();
      network_->Unclog(from, to);
    }
  }
}

void SimFaultSchedule::Later(Micros least, Micros most,
                             std::function<void()> action) {
  later_.emplace(network_->now() + random_.Between(least, most),
                 std::move(action));
}

Pid SimFaultSchedule::SomeServer() {
  return static_cast<Pid>(1 + random_.Below(static_cast<uint64_t>(servers_)));
}

Pid SimFaultSchedule::SomeOther(Pid pid) {
  for (;;) {
    const Pid other = SomeServer();
    if (other != pid) return other;
  }
}

void SimFaultSchedule::Inflict() {
  uint64_t at = random_.Below(weight_);
  for (const Weighted& fault : faults_) {
    const auto weight = static_cast<uint64_t>(fault.weight);
    if (at < weight) return (this->*fault.inflict)();
    at -= weight;
  }
}

void SimFaultSchedule::StartLater(Pid pid, Micros after) {
  later_.emplace(network_->now() + after, [this, pid] {
    if (!target_->Runs(pid)) target_->StartServer(pid);
  });
}

// What is drawn here must not depend on what the servers do: the faults would.
void SimFaultSchedule::Crash() {
  const Pid pid = SomeServer();
  target_->CrashServer(pid);
  StartLater(pid, random_.Between(1000, kMostAway));
}

void SimFaultSchedule::Leave() {
  const Pid pid = SomeServer();
  target_->LeaveServer(pid);
  StartLater(pid, random_.Between(100000, kMostAway));
}

void SimFaultSchedule::Pause() {
  const Pid pid = SomeServer();
  target_->PauseServer(pid);
  Later(1000, 6000000, [this, pid] { target_->ResumeServer(pid); });
}

void SimFaultSchedule::Twin() {
  const Pid pid = SomeServer();
  target_->TwinServer(pid);
  Later(1000, 6000000, [this, pid] { target_->ResumeServer(pid); });
}

void SimFaultSchedule::Reload() {
  const Pid peer = SomeServer();
  const SimPlace place =
      random_.Chance(0.3) ? SimPlace::kElsewhere : SimPlace::kGone;
  // Sometimes at once, and not by all at the same time.
  const bool brief = random_.Chance(0.3);
  for (Pid pid = 1; pid <= servers_; ++pid) {
    const bool takes_part = random_.Chance(0.5);
    const Micros from = random_.Between(0, 300000);
    const Micros until =
        from + (brief ? random_.Between(0, 3000) : random_.Between(0, 4000000));
    if (!takes_part || pid == peer) continue;
    later_.emplace(network_->now() + from, [this, pid, peer, place] {
      target_->ReloadServer(pid, peer, place);
    });
    later_.emplace(network_->now() + until, [this, pid, peer] {
      target_->ReloadServer(pid, peer, SimPlace::kThere);
    });
  }
}

void SimFaultSchedule::Reset() {
  const Pid from = SomeServer();
  network_->Reset(from, SomeOther(from));
}

void SimFaultSchedule::Weather() {
  const Pid from = SomeServer();
  SimFaults& faults = network_->faults(from, SomeOther(from));
  const bool cut = faults.cut, clogged = faults.clogged;
  faults = SimFaults();
  faults.cut = cut;
  faults.clogged = clogged;
  if (random_.Chance(0.3)) return;  // Fair weather.
  if (random_.Chance(0.5)) {
    faults.loss = 0.3 * static_cast<double>(random_.Below(101)) / 100;
  }
  if (random_.Chance(0.4)) {
    faults.duplication = 0.5 * static_cast<double>(random_.Below(101)) / 100;
  }
  if (random_.Chance(0.2)) faults.damage = 0.02;
  faults.delay = random_.Between(10, 30000);
  if (random_.Chance(0.5)) faults.jitter = random_.Between(0, 50000);
}

void SimFaultSchedule::Cut() {
  const Pid a = SomeServer();
  const Pid b = SomeOther(a);
  const bool both = random_.Chance(0.5);
  network_->faults(a, b).cut = true;
  if (both) network_->faults(b, a).cut = true;
  Later(10000, 5000000, [this, a, b] {
    network_->faults(a, b).cut = false;
    network_->faults(b, a).cut = false;
  });
}

void SimFaultSchedule::Partition() {
  ++partitions_;
  std::vector<bool> side(static_cast<size_t>(servers_) + 1);
  for (size_t pid = 1; pid < side.size(); ++pid) {
    side[pid] = random_.Chance(0.5);
  }
  const auto set = [this, side](bool cut) {
    for (Pid a = 1; a <= servers_; ++a) {
      for (Pid b = 1; b <= servers_; ++b) {
        if (side[static_cast<size_t>(a)] != side[static_cast<size_t>(b)]) {
          network_->faults(a, b).cut = cut;
        }
      }
    }
  };
  set(true);
  Later(100000, 5000000, [set] { set(false); });
}

void SimFaultSchedule::Clog() {
  ++clogs_;
  const Pid from = SomeServer();
  const Pid to = SomeOther(from);
  network_->faults(from, to).clogged = true;
  Later(1000, 4000000, [this, from, to] { network_->Unclog(from, to); });
}

}  // namespace raft_cluster::internal
