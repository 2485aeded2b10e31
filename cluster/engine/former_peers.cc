#include "raft/cluster/engine/former_peers.h"

#include <algorithm>

namespace raft_cluster::internal {
namespace {

bool HaveOneInCommon(const FormerPeers::Identity& a,
                     const FormerPeers::Identity& b) {
  return std::any_of(a.begin(), a.end(), [&b](const std::string& one) {
    return std::find(b.begin(), b.end(), one) != b.end();
  });
}

}  // namespace

void FormerPeers::Add(Pid pid, Identity identity, std::unique_ptr<Link> link,
                      Micros until) {
  Leaver leaver = {std::move(identity), std::move(link), until};
  if (!leaver.link->leave_is_owed()) {
    Remember(pid, std::move(leaver));
    ended_.push_back(pid);
    return;
  }
  leaving_[pid] = std::move(leaver);
}

void FormerPeers::Remember(Pid pid, Leaver leaver) {
  absent_[pid] = {std::move(leaver.identity),
                  leaver.link->Memory(/*same_peer=*/true)};
}

void FormerPeers::End(std::map<Pid, Leaver>::iterator leaver) {
  ended_.push_back(leaver->first);
  Remember(leaver->first, std::move(leaver->second));
  leaving_.erase(leaver);
}

LinkMemory FormerPeers::Take(Pid pid, const Identity& identity) {
  if (const auto leaver = leaving_.find(pid); leaver != leaving_.end()) {
    Remember(pid, std::move(leaver->second));
    leaving_.erase(leaver);
  }
  // Its connection is made anew, and not to be ended.
  ended_.erase(std::remove(ended_.begin(), ended_.end(), pid), ended_.end());
  const auto absent = absent_.find(pid);
  if (absent == absent_.end()) return {};
  LinkMemory memory = std::move(absent->second.memory);
  // Of somebody else with the same pid the former one's lives say nothing.
  if (!HaveOneInCommon(absent->second.identity, identity)) {
    memory.newest = Life();
  }
  absent_.erase(absent);
  return memory;
}

Link* FormerPeers::Leaving(Pid pid) {
  const auto leaver = leaving_.find(pid);
  return leaver == leaving_.end() ? nullptr : leaver->second.link.get();
}

std::vector<Pid> FormerPeers::LeavingPids() const {
  std::vector<Pid> pids;
  pids.reserve(leaving_.size());
  for (const auto& leaver : leaving_) pids.push_back(leaver.first);
  return pids;
}

bool FormerPeers::NextFrame(Micros now, Pid* pid, OutgoingFrame* out) {
  for (auto& [former, leaver] : leaving_) {
    if (!leaver.link->NextFrame(now, /*sleeping=*/false, out)) continue;
    *pid = former;
    return true;
  }
  return false;
}

void FormerPeers::Tick(Micros now) {
  for (auto leaver = leaving_.begin(); leaver != leaving_.end();) {
    const auto next = std::next(leaver);
    if (now >= leaver->second.until || !leaver->second.link->leave_is_owed()) {
      End(leaver);
    }
    leaver = next;
  }
}

Micros FormerPeers::FrameDeadline() const {
  Micros deadline = kNever;
  for (const auto& leaver : leaving_) {
    deadline = std::min(deadline, leaver.second.link->FrameDeadline());
  }
  return deadline;
}

Micros FormerPeers::Deadline() const {
  Micros deadline = FrameDeadline();
  for (const auto& leaver : leaving_) {
    deadline =
        std::min(deadline,
                 leaver.second.link->leave_is_owed() ? leaver.second.until : 0);
  }
  return deadline;
}

bool FormerPeers::MayBeHeard() const {
  return std::any_of(leaving_.begin(), leaving_.end(), [](const auto& leaver) {
    return leaver.second.link->leave_is_owed() &&
           leaver.second.link->leave_may_go();
  });
}

void FormerPeers::EndAll() {
  while (!leaving_.empty()) End(leaving_.begin());
}

uint64_t FormerPeers::accepted() const {
  uint64_t sum = 0;
  for (const auto& leaver : leaving_) sum += leaver.second.link->accepted();
  for (const auto& absent : absent_) {
    sum += absent.second.memory.account->accepted();
  }
  return sum;
}

uint64_t FormerPeers::received() const {
  uint64_t sum = 0;
  for (const auto& leaver : leaving_) sum += leaver.second.link->received();
  for (const auto& absent : absent_) {
    sum += absent.second.memory.account->received();
  }
  return sum;
}

}  // namespace raft_cluster::internal
