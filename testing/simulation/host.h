// An application that is a user's Handler.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_HOST_H_
#define RAFT_TESTING_SIMULATION_HOST_H_

#include <memory>
#include <vector>

#include "raft/cluster/dispatcher.h"
#include "raft/cluster/handler.h"
#include "raft/testing/simulation/process.h"

namespace raft_cluster::internal {

class SimHost : public SimApplication, private Dispatcher {
 public:
  SimHost(SimProcess* process, std::unique_ptr<Handler> handler);

  Micros Next() const override { return stopped() ? kNever : next_; }
  void Act() override;
  void Wake() override;
  void Settle() override {}
  void Halt() override { Stop(); }

 private:
  Pid pid() const override { return process_.life().pid; }
  std::vector<Pid> peers() const override { return process_.pump().Peers(); }
  absl::Duration now() const override;
  uint64_t Random() override { return random_.Next(); }
  absl::StatusOr<Receipt> TrySend(Pid to, absl::string_view msg, uint64_t id,
                                  SendWhen when) override;
  void SetTimer(int timer, absl::Duration after) override;
  void NoteDelivery(const Delivery& delivery) override {
    process_.NoteTaken(delivery);
  }
  void NoteEvent(const Event& event) override { process_.NoteEvent(event); }

  SimProcess& process_;
  SplitMix64 random_;
  const std::unique_ptr<Handler> owned_handler_;
  Micros next_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_HOST_H_
