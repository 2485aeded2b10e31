#include "raft/cluster/engine/own_life.h"

namespace raft_cluster::internal {

bool OwnLife::RiseAbove(const Life& newer, bool has_past, size_t most,
                        Micros now) {
  const uint64_t clock = first_us_ + static_cast<uint64_t>(now - started_);
  if (has_past || newer.start_us <= clock || rebirths_ >= most) return false;
  ++rebirths_;
  life_ = Life{newer.start_us + 1, random_.Next()};
  return true;
}

}  // namespace raft_cluster::internal
