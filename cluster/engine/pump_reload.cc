// How Pump takes another configuration.
#include <algorithm>
#include <utility>

#include "raft/cluster/engine/pump.h"

namespace raft_cluster::internal {

// Those that leave have their keys until that is said, unless somebody else has
// them by now.
TransportKeys Pump::KeysWithLeavers() const {
  TransportKeys keys = keys_;
  std::vector<std::string> taken;
  for (const auto& listed : keys_.listed) {
    taken.insert(taken.end(), listed.second.begin(), listed.second.end());
  }
  for (const auto& leaver : leavers_keys_) {
    for (const std::string& key : leaver.second) {
      if (std::find(taken.begin(), taken.end(), key) != taken.end()) continue;
      keys.listed[leaver.first].push_back(key);
    }
  }
  return keys;
}

absl::Status Pump::Reload(const Membership& wanted, const TransportKeys& keys,
                          MembershipChange* change) {
  absl::Status status = ReloadAsOwner(wanted, keys, change);
  if (!status.ok()) return status;
  // Without pump_: who is woken wants it.
  MutexLock lock(mu_);
  const Inside inside(this);
  ShowNews();
  NotifyWaiters();
  // Frames are due, and the sleeper does not know.
  WakeBy(0);
  return absl::OkStatus();
}

absl::Status Pump::ReloadAsOwner(const Membership& wanted,
                                 const TransportKeys& keys,
                                 MembershipChange* change) {
  MutexLock pump(pump_);
  if (absl::Status status = CheckOpen(); !status.ok()) return status;
  TransportKeys former_keys = keys_;
  std::map<Pid, std::vector<std::string>> former_leavers = leavers_keys_;
  keys_ = keys;
  for (const auto& former : former_keys.listed) {
    if (keys.listed.count(former.first) == 0) leavers_keys_.insert(former);
  }
  for (const auto& listed : keys.listed) leavers_keys_.erase(listed.first);
  // All that can fail comes before anything has changed.
  if (absl::Status status = transport_->Rekey(KeysWithLeavers());
      !status.ok()) {
    keys_ = std::move(former_keys);
    leavers_keys_ = std::move(former_leavers);
    return status;
  }
  std::vector<PeerSpec> connect;
  {
    MutexLock lock(mu_);
    // It may be closing by now.
    if (state_ != State::kOpen) return Closing();
    *change = engine_.Reload(wanted, clock_.Now());
    for (const PeerSpec& spec : engine_.Specs()) {
      const auto is_in = [&spec](const std::vector<Pid>& pids) {
        return std::binary_search(pids.begin(), pids.end(), spec.pid);
      };
      if (is_in(change->added) || is_in(change->moved)) connect.push_back(spec);
    }
  }
  for (const PeerSpec& spec : connect) {
    // The url was checked; what else is in its way is the peer's trouble.
    transport_->Connect(spec).IgnoreError();
  }
  MutexLock lock(mu_);
  EndLeavers();
  return absl::OkStatus();
}

void Pump::EndLeavers() {
  const std::vector<Pid> ended = engine_.TakeEnded();
  if (ended.empty()) return;
  mu_.Unlock();
  bool rekey = false;
  for (const Pid pid : ended) {
    transport_->Disconnect(pid);
    rekey |= leavers_keys_.erase(pid) > 0;
  }
  // They were good a moment ago, and more of them.
  if (rekey) transport_->Rekey(KeysWithLeavers()).IgnoreError();
  mu_.Lock();
}

absl::Status Pump::Closing() {
  return absl::FailedPreconditionError("the server is closed, or closing");
}

absl::Status Pump::CheckOpen() {
  MutexLock lock(mu_);
  if (state_ != State::kOpen) return Closing();
  return engine_.CheckOpen();
}

std::vector<Pid> Pump::Peers() {
  MutexLock lock(mu_);
  return engine_.Pids();
}

}  // namespace raft_cluster::internal
