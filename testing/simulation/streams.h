// Streams of random numbers of one simulation, all of one seed. Each use has
// its own, so that one who draws more does not move what the others draw: a
// handler that is changed meets the same faults.
//
//   SplitMix64 random = StreamOf(seed, SimStream::kLoad, pid, life);
//
// Thread rule: values.
#ifndef RAFT_TESTING_SIMULATION_STREAMS_H_
#define RAFT_TESTING_SIMULATION_STREAMS_H_

#include <cstdint>

#include "raft/base/random.h"

namespace raft_cluster::internal {

enum class SimStream {
  kOptions = 1,  // What is drawn of them.
  kWire,         // What happens to frames, by sender and receiver.
  kFaults,       // Which faults there are, and when.
  kProcess,      // What a life draws for itself, by pid and number.
  kApplication,  // What its handler or load draws, by pid and number.
  kDisk,         // What a crash leaves.
  kClock,        // Whether it was set back, by pid and number.
  kControl,      // When those return whom a hook has crashed.
};

inline SplitMix64 StreamOf(uint64_t seed, SimStream use, int64_t first = 0,
                           int64_t second = 0) {
  uint64_t state = seed;
  for (const uint64_t part :
       {static_cast<uint64_t>(use), static_cast<uint64_t>(first),
        static_cast<uint64_t>(second)}) {
    state = SplitMix64(state).Next() ^ part;
  }
  return SplitMix64(state);
}

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_STREAMS_H_
