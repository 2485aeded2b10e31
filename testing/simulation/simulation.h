// A cluster in virtual time, with everything going wrong that can: one seed
// decides what its servers send and take, what the network does to their
// frames, and when they crash, restart, pause, leave and are superseded.
//
//   SimulationResult result = RunSimulation({/*seed=*/42});
//   EXPECT_TRUE(result.status.ok()) << result.status;
//
// The servers are real: the pump's step, the engine and the links that run
// over sockets. A first phase has faults, and the contract's invariants are
// checked in its course; then the faults stop, and everything that was
// accepted between lives that go on must be taken. History::Judge() has the
// last word.
//
// The same seed and the same binary give the same run, and trace_hash.
//
// Thread rule: RunSimulation from any thread, also several at once.
#ifndef TESTING_SIMULATION_SIMULATION_H_
#define TESTING_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <ostream>

#include "absl/status/status.h"
#include "cluster/link/link.h"
#include "testing/simulation/network.h"

namespace raft {

struct SimulationOptions {
  uint64_t seed = 1;
  int servers = 5;
  Micros fault_time = 20000000;   // How long faults happen.
  Micros settle_time = 60000000;  // By then all must have come to rest.
  std::ostream* trace = nullptr;  // What happens, a line each.
};

struct SimulationResult {
  absl::Status status;  // What went wrong; OK if nothing did.
  uint64_t trace_hash = 0;
  Micros simulated = 0;
  uint64_t accepted = 0;  // Envelopes, a broadcast counted per peer.
  uint64_t taken = 0;
  SimCounts network;
  uint64_t crashes = 0;
  uint64_t pauses = 0;
  uint64_t twins = 0;
  uint64_t leaves = 0;
  uint64_t partitions = 0;
  uint64_t clogs = 0;
};

SimulationResult RunSimulation(const SimulationOptions& options);

}  // namespace raft

#endif  // TESTING_SIMULATION_SIMULATION_H_
