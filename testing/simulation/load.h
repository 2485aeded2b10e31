// An application that sends and takes at paces that change, and writes down
// what it did.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_LOAD_H_
#define RAFT_TESTING_SIMULATION_LOAD_H_

#include <cstdint>
#include <string>

#include "raft/testing/history.h"
#include "raft/testing/simulation/process.h"

namespace raft_cluster::internal {

class SimLoad : public SimApplication {
 public:
  explicit SimLoad(SimProcess* process);

  Micros Next() const override;
  void Act() override;
  void Wake() override;
  // Sends no more, and takes whatever comes.
  void Settle() override;
  void OnReload(const MembershipChange& change) override;
  void Halt() override {}

 private:
  void Send();
  void Take();
  std::string NewMessage(uint64_t id);
  Micros Pace(Micros fastest, Micros slowest);
  void ChangePaces();
  Micros now() const { return process_.world().network->now(); }

  SimProcess& process_;
  SplitMix64 random_;
  SenderLog& sent_;
  ReceiverLog& took_;
  bool settling_ = false;
  Micros next_send_;
  Micros next_take_;
  Micros next_change_;
  Micros send_pace_ = 0;
  Micros take_pace_ = 0;
  int sends_left_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_LOAD_H_
