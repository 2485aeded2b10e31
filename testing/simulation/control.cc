#include "raft/testing/simulation/control.h"

#include <utility>

namespace raft_cluster {

void SimControl::Begin(std::function<void(Pid)> crash, Poster post,
                       std::function<absl::Duration()> now) {
  crash_ = std::move(crash);
  post_ = std::move(post);
  now_ = std::move(now);
  disks_.clear();
}

// The disks stay, for who wants to look at them.
void SimControl::End() {
  crash_ = nullptr;
  post_ = nullptr;
  now_ = nullptr;
}

}  // namespace raft_cluster
