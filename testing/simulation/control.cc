#include "raft/testing/simulation/control.h"

#include <utility>

namespace raft_cluster {

void SimControl::Begin(std::function<void(Pid)> crash,
                       std::function<absl::Duration()> now) {
  crash_ = std::move(crash);
  now_ = std::move(now);
  disks_.clear();
}

// The disks stay, for who wants to look at them.
void SimControl::End() {
  crash_ = nullptr;
  now_ = nullptr;
}

}  // namespace raft_cluster
