// Which life of its pid this process is, and what it makes of a newer one.
//
//   OwnLife own(life, seed, now);
//   if (own.RiseAbove(newer, has_past, /*most=*/peers, now)) {
//     // We are own.life() from now on: newer still.
//   } else {
//     // The newer one has taken our place.
//   }
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_OWN_LIFE_H_
#define RAFT_CLUSTER_ENGINE_OWN_LIFE_H_

#include <cstddef>
#include <cstdint>

#include "raft/base/clock.h"
#include "raft/base/random.h"
#include "raft/cluster/link/wire.h"

namespace raft_cluster::internal {

class OwnLife {
 public:
  // `seed`: of the random part of later lives. It is not to be told from what
  // others see of this one.
  OwnLife(const Life& first, uint64_t seed, Micros now)
      : life_(first), first_us_(first.start_us), random_(seed), started_(now) {}

  const Life& life() const { return life_; }

  // A peer knows a life of our pid that is newer than this one. If by our own
  // clock that life has yet to start, and nobody ever held a session with us
  // (`has_past`), our clock is behind: this process is born again above that
  // life, and true is returned. Else it has taken our place. (To be born again
  // above a life that started after us would be to fight with our successor: a
  // process that was paused before it met anyone would. One whose clock is
  // behind as well cannot tell, so it gives in when it has been born again
  // `most` times: it has met more newer lives than there are peers to remember
  // former ones.)
  bool RiseAbove(const Life& newer, bool has_past, size_t most, Micros now);

 private:
  Life life_;
  const uint64_t first_us_;
  SplitMix64 random_;
  const Micros started_;
  size_t rebirths_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_OWN_LIFE_H_
