#include "raft/testing/simulation/faults.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace raft_cluster::internal {

SimFaultSchedule::SimFaultSchedule(SplitMix64* random, SimNetwork* network,
                                   int servers, SimFaultTarget* target)
    : random_(random),
      network_(network),
      servers_(servers),
      target_(target),
      next_(random->Between(0, 1000000)) {}

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
  next_ = now + random_->Between(10000, 1000000);
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
  later_.emplace(network_->now() + random_->Between(least, most),
                 std::move(action));
}

Pid SimFaultSchedule::SomeServer() {
  return static_cast<Pid>(1 + random_->Below(static_cast<uint64_t>(servers_)));
}

Pid SimFaultSchedule::SomeOther(Pid pid) {
  for (;;) {
    const Pid other = SomeServer();
    if (other != pid) return other;
  }
}

void SimFaultSchedule::Inflict() {
  const Pid pid = SomeServer();
  switch (random_->Below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      Weather();
      break;
    case 5:
      Cut();
      break;
    case 6:
      Partition();
      break;
    case 7:
      Clog();
      break;
    case 8:
    case 9:
      network_->Reset(pid, SomeOther(pid));
      break;
    case 10:
    case 11:
      target_->CrashServer(pid);
      Later(1000, 3000000, [this, pid] {
        if (!target_->Runs(pid)) target_->StartServer(pid);
      });
      break;
    case 12:
    case 13:
      target_->PauseServer(pid);
      Later(1000, 6000000, [this, pid] { target_->ResumeServer(pid); });
      break;
    case 14:
      target_->TwinServer(pid);
      Later(1000, 6000000, [this, pid] { target_->ResumeServer(pid); });
      break;
    case 15:
      target_->LeaveServer(pid);
      Later(100000, 3000000, [this, pid] {
        if (!target_->Runs(pid)) target_->StartServer(pid);
      });
      break;
  }
}

void SimFaultSchedule::Weather() {
  const Pid from = SomeServer();
  SimFaults& faults = network_->faults(from, SomeOther(from));
  const bool cut = faults.cut, clogged = faults.clogged;
  faults = SimFaults();
  faults.cut = cut;
  faults.clogged = clogged;
  if (random_->Chance(0.3)) return;  // Fair weather.
  if (random_->Chance(0.5)) {
    faults.loss = 0.3 * static_cast<double>(random_->Below(101)) / 100;
  }
  if (random_->Chance(0.4)) {
    faults.duplication = 0.5 * static_cast<double>(random_->Below(101)) / 100;
  }
  if (random_->Chance(0.2)) faults.damage = 0.02;
  faults.delay = random_->Between(10, 30000);
  if (random_->Chance(0.5)) faults.jitter = random_->Between(0, 50000);
}

void SimFaultSchedule::Cut() {
  const Pid a = SomeServer();
  const Pid b = SomeOther(a);
  const bool both = random_->Chance(0.5);
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
    side[pid] = random_->Chance(0.5);
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
