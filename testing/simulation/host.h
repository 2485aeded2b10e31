// An application that is a user's Handler.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_HOST_H_
#define RAFT_TESTING_SIMULATION_HOST_H_

#include <memory>
#include <vector>

#include "raft/cluster/handler.h"
#include "raft/cluster/timers.h"
#include "raft/testing/simulation/process.h"

namespace raft {

class SimHost : public SimApplication, private Context {
 public:
  SimHost(SimProcess* process, std::unique_ptr<Handler> handler);

  Micros Next() const override { return stopped_ ? kNever : next_; }
  void Act() override;
  void Wake() override;
  void Settle() override {}

 private:
  Pid pid() const override { return process_.life().pid; }
  const std::vector<Pid>& peers() const override { return peers_; }
  absl::Duration now() const override;
  uint64_t Random() override { return process_.world().random->Next(); }
  absl::StatusOr<Receipt> TrySend(Pid to, absl::string_view msg,
                                  uint64_t id) override;
  void SetTimer(int timer, absl::Duration after) override;
  void Stop() override { stopped_ = true; }

  SimProcess& process_;
  std::unique_ptr<Handler> handler_;
  std::vector<Pid> peers_;
  Timers timers_;
  Micros next_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace raft

#endif  // RAFT_TESTING_SIMULATION_HOST_H_
