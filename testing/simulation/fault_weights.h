// How often each fault happens in a simulation, in comparison with the others.
//
//   raft_cluster::FaultWeights weights;
//   weights.crash = 10;                   // Mostly crashes,
//   weights.leave = 0;                    // and nobody leaves.
//
// Thread rule: a value.
#ifndef RAFT_TESTING_SIMULATION_FAULT_WEIGHTS_H_
#define RAFT_TESTING_SIMULATION_FAULT_WEIGHTS_H_

#include "raft/base/pid.h"  // Asks for C++17.

namespace raft_cluster {

// 0: never. All 0: no fault at all. None is negative.
struct FaultWeights {
  // Of one direction between two servers: loss up to 30 %, duplication up to
  // 50 %, damage, delay up to 80 ms, and reordering. It stays until it changes.
  int weather = 5;
  int cut = 1;        // Between two servers, in one direction or both.
  int partition = 1;  // Between two halves.
  int clog = 1;       // Frames of one direction are held back, up to a bound.
  int reset = 2;      // A connection is lost and made anew.
  int crash = 2;      // And a restart up to 3 s later.
  int pause = 2;      // As by SIGSTOP, for up to 6 s.
  int twin = 1;       // See SimulationOptions::twins, without which it is 0.
  int leave = 1;      // An orderly Close(), and a restart up to 3 s later.
  // Some servers take another out of their configurations, or have it at an
  // address where it is not, and put it back up to 4 s later. Then not all of
  // Context::peers() are there all the time, so it is for you to ask for.
  int reload = 0;
};

}  // namespace raft_cluster

#endif  // RAFT_TESTING_SIMULATION_FAULT_WEIGHTS_H_
