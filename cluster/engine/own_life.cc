#include "raft/cluster/engine/own_life.h"

namespace raft_cluster::internal {

bool OwnLife::RiseAbove(const Life& newer, bool has_past, size_t most,
                        Micros now) {
  // A life that began before now by this clock is that of a twin which started
  // later, and wins. One that is yet to begin was drawn before the clock was
  // set back: then this process is the later one, whatever the numbers say.
  const uint64_t clock = first_us_ + static_cast<uint64_t>(now - started_);
  if (has_past || newer.start_us <= clock || rebirths_ >= most) return false;
  // Each peer may remember a life of that kind; one who goes on naming higher
  // ones is none.
  ++rebirths_;
  life_ = Life{newer.start_us + 1, random_.Next()};
  return true;
}

}  // namespace raft_cluster::internal
