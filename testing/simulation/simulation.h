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
// With what the protocol needs, and what it finds hardest:
//
//   raft_cluster::SimControl control;
//   raft_cluster::SimulationOptions options;
//   options.options.max_envelope_bytes = 1 << 20;
//   options.weights.partition = 10;
//   options.control = &control;  // Disks, and crashes at chosen points.
//   options.invariant = [] { return absl::OkStatus(); };
//
// The servers are real: the pump's step, the engine and the links that run
// over sockets. A first phase has faults, and the contract's invariants are
// checked meanwhile; then the faults stop, and everything that was
// accepted between lives that go on must be taken. Without handlers, servers
// send and take at random, and History::Judge() has the last word.
//
// The same seed and the same binary give the same run, and trace_hash. Faults
// have random numbers of their own: a handler that draws more, or sends less,
// meets the same crashes, partitions and pauses at the same times.
//
// docs/simulation.md is an introduction.
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
#include "raft/cluster/options.h"
#include "raft/testing/simulation/control.h"
#include "raft/testing/simulation/counts.h"
#include "raft/testing/simulation/fault_weights.h"
#include "raft/transport/registry.h"
#include "raft/transport/transport.h"

namespace raft_cluster {

struct SimulationOptions {
  int servers = 5;
  uint64_t seed = 1;
  absl::Duration fault_time = absl::Seconds(30);   // How long faults happen.
  absl::Duration settle_time = absl::Seconds(60);  // By then all is at rest.

  // Of every server, as Server::Start() takes them; key_file and transports
  // play no part. No carrier is linked for their sake.
  Options options{Registry()};
  // Draws some of them by the seed instead: max_envelope_bytes from 256 to
  // 300,000, both budgets up to 64 KiB above that, the total up to 512 KiB
  // above it, and on_restart, for what happens at such bounds. A handler then
  // has to live with an INVALID_ARGUMENT for what is too large and with queues
  // that are full after two envelopes. The trace says what was drawn.
  bool draw_options = false;

  FaultWeights weights = FaultWeights();
  // Among the faults: a server is paused, another process of its pid started,
  // and the first one wakes up later. Both act at the same time until the first
  // hears that it is superseded, as they can where an operator or a scheduler
  // starts a server twice, and both write to what the handlers of a pid share.
  // So this asks of a handler to tell its own life from a later one in whatever
  // it keeps outside of itself (a lock, a number of the life in each file), and
  // of an invariant to bear two servers of one pid.
  bool twins = false;

  std::ostream* trace = nullptr;  // What happens, a line each.

  // Called for each life of a server; a crash destroys what it returned.
  std::function<std::unique_ptr<Handler>(Pid)> handlers = nullptr;
  // Lets handlers and hooks crash servers, and gives them disks (control.h).
  SimControl* control = nullptr;

  // What must hold after each step.
  std::function<absl::Status()> invariant = nullptr;
  // The faults are over, and no server is paused for much longer: a handler
  // that sends for ever is told to stop here, if all is to be taken.
  std::function<void()> on_settle = nullptr;
  // What must come true within settle_time, asked for every 100 ms of it. If
  // null: that everything accepted was taken, of which a handler that goes on
  // sending may fall short.
  std::function<bool()> settled = nullptr;

  // What each life of a server speaks through, made of its way into the
  // network: for decorators (transport/forwarding_transport.h).
  std::function<std::unique_ptr<Transport>(Pid, std::unique_ptr<Transport>)>
      transport = nullptr;
};

// What a simulation can fail by.
enum class SimFailure {
  kNone,
  kOptions,    // They are not allowed. The status is INVALID_ARGUMENT.
  kInvariant,  // SimulationOptions::invariant did not hold.
  kSettled,    // SimulationOptions::settled did not come true.
  kRest,       // There is no `settled`, and not everything was taken.
  kContract,   // The library broke a promise of its own.
};

struct SimulationResult {
  // What went wrong, OK if nothing did: the seed, when, which of the above, and
  // for kSettled and kRest whose queues are not empty.
  absl::Status status;
  SimFailure failure = SimFailure::kNone;
  // Of all that was sent, taken and told, with its contents and times.
  uint64_t trace_hash = 0;
  absl::Duration simulated;
  uint64_t accepted = 0;  // Envelopes, a broadcast counted per peer.
  uint64_t taken = 0;
  SimCounts network;
  uint64_t crashes = 0;  // Those by SimControl among them.
  uint64_t pauses = 0;
  uint64_t twins = 0;
  uint64_t leaves = 0;
  uint64_t reloads = 0;
  uint64_t partitions = 0;
  uint64_t clogs = 0;
};

SimulationResult RunSimulation(const SimulationOptions& options);

// RunSimulation() of `handlers`. Its errors: those of SimulationResult::status.
absl::Status Simulate(SimulationOptions options,
                      std::function<std::unique_ptr<Handler>(Pid)> handlers);

}  // namespace raft_cluster

#endif  // RAFT_TESTING_SIMULATION_SIMULATION_H_
