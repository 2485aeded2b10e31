// What a simulated network did to the frames that it carried.
//
// Thread rule: a value.
#ifndef RAFT_TESTING_SIMULATION_COUNTS_H_
#define RAFT_TESTING_SIMULATION_COUNTS_H_

#include <cstdint>

#include "raft/base/pid.h"

namespace raft_cluster {

struct SimCounts {
  uint64_t frames = 0;
  uint64_t lost = 0;
  uint64_t doubled = 0;
  uint64_t damaged = 0;
  uint64_t refused = 0;  // The transport's queue was full.
  uint64_t resets = 0;   // Of connections.
};

}  // namespace raft_cluster

#endif  // RAFT_TESTING_SIMULATION_COUNTS_H_
