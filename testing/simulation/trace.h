// What is seen of a simulation: a hash of all of it, and a line for each thing
// that happens, where somebody wants to read them.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_TRACE_H_
#define RAFT_TESTING_SIMULATION_TRACE_H_

#include <cstdint>
#include <ostream>

#include "absl/strings/string_view.h"
#include "raft/testing/simulation/network.h"
#include "raft/testing/simulation/process.h"

namespace raft_cluster::internal {

class SimTrace : public SimProcess::Observer {
 public:
  // `out` may be null: then there is only the hash. Both outlive this.
  SimTrace(const SimNetwork* network, std::ostream* out)
      : network_(*network), out_(out) {}

  void Note(absl::string_view what);
  uint64_t hash() const { return hash_; }

  void OnSent(const SimProcess& process, Pid to, uint64_t id,
              absl::string_view msg, const Acceptance& receipt) override;
  void OnTaken(const SimProcess& process, const Delivery& got) override;
  void OnEvent(const SimProcess& process, const Event& event) override;

 private:
  void Mix(uint64_t value) {  // FNV-1a, by words.
    hash_ = (hash_ ^ value) * 0x100000001b3;
  }
  void MixBytes(absl::string_view bytes);
  void MixStep(const SimProcess& process);

  const SimNetwork& network_;
  std::ostream* const out_;
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_TRACE_H_
