// A hand on the wire of one server: what a stopped process (SIGSTOP) and a
// killed one (kill -9) are to their peers.
//
//   auto gate = std::make_shared<Gate>();
//   options.transports =
//       GatedTransports(raft_cluster::BuiltinTransports(), gate);
//   ...
//   gate->Hold();   // Nothing goes in or out; all of it waits.
//   gate->Open();
//   gate->Cut();    // Nothing goes in or out ever again: not even a farewell.
//
// Thread rule: any thread.
#ifndef RAFT_TESTING_GATE_H_
#define RAFT_TESTING_GATE_H_

#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "raft/base/mutex.h"
#include "raft/transport/registry.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

class Gate {
 public:
  enum class State { kOpen, kHeld, kCut };

  void Open() { Set(State::kOpen); }
  void Hold() { Set(State::kHeld); }
  // For good: Open() and Hold() do nothing afterwards.
  void Cut() { Set(State::kCut); }

  State state() const;

 private:
  friend class TransportBehindGate;

  void Set(State state);

  mutable Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kOpen;
  // To be woken when the state changes.
  std::set<Transport*> transports_ ABSL_GUARDED_BY(mu_);
};

// One transport behind the gate.
Opener GatedTransport(Opener inner, std::shared_ptr<Gate> gate);

// The schemes of `inner`, each behind the gate. The gate is shared: a test
// moves it while the transports that it guards live and die with their server.
Registry GatedTransports(const Registry& inner, std::shared_ptr<Gate> gate);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_GATE_H_
