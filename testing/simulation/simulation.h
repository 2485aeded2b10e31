// A cluster in virtual time, with everything going wrong that can: one seed
// decides what its servers send and take, what the network does to their
// frames, and when they crash, restart, pause, leave and are superseded.
//
//   raft_cluster::SimulationResult result =
//       raft_cluster::RunSimulation({/*servers=*/5, /*seed=*/42});
//   EXPECT_TRUE(result.status.ok()) << result.status;
//
// Or with a protocol of your own, a Handler (cluster/handler.h) per life of a
// server:
//
//   absl::Status status = raft_cluster::Simulate(
//       {/*servers=*/5, /*seed=*/42},
//       [](raft_cluster::Pid) { return std::make_unique<Ticker>(); });
//
// The servers are real: the pump's step, the engine and the links that run
// over sockets. A first phase has faults, and the contract's invariants are
// checked meanwhile; then the faults stop, and everything that was
// accepted between lives that go on must be taken. Without handlers, servers
// send and take at random, and History::Judge() has the last word.
//
// The same seed and the same binary give the same run, and trace_hash.
//
// Thread rule: from any thread, also several at once. What is given in the
// options is called on that thread.
#ifndef RAFT_TESTING_SIMULATION_SIMULATION_H_
#define RAFT_TESTING_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "raft/cluster/handler.h"
#include "raft/testing/simulation/counts.h"

namespace raft_cluster {

struct SimulationOptions {
  int servers = 5;
  uint64_t seed = 1;
  absl::Duration fault_time = absl::Seconds(30);   // How long faults happen.
  absl::Duration settle_time = absl::Seconds(60);  // By then all is at rest.
  // Among the faults: a server is paused, another process of its pid started,
  // and the first one wakes up later.
  bool twins = true;
  std::ostream* trace = nullptr;  // What happens, a line each.

  // Called for each life of a server; a crash destroys what it returned.
  std::function<std::unique_ptr<Handler>(Pid)> handlers = nullptr;
  // With handlers: what must hold after each step, and what must come true
  // within settle_time (instead of all being taken), if given.
  std::function<absl::Status()> invariant = nullptr;
  std::function<bool()> settled = nullptr;
};

struct SimulationResult {
  absl::Status status;  // What went wrong; OK if nothing did.
  uint64_t trace_hash = 0;
  absl::Duration simulated;
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

// RunSimulation() of `handlers`. Its errors: INTERNAL, with the seed, when and
// what.
absl::Status Simulate(SimulationOptions options,
                      std::function<std::unique_ptr<Handler>(Pid)> handlers);

}  // namespace raft_cluster

#endif  // RAFT_TESTING_SIMULATION_SIMULATION_H_
