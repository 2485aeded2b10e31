// The processes of a simulated cluster: which lives there are, and what faults
// do to them.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_SERVERS_H_
#define RAFT_TESTING_SIMULATION_SERVERS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "raft/base/random.h"
#include "raft/testing/simulation/control.h"
#include "raft/testing/simulation/faults.h"
#include "raft/testing/simulation/process.h"
#include "raft/testing/simulation/trace.h"

namespace raft_cluster::internal {

class SimServers : public SimFaultTarget {
 public:
  struct Counts {
    uint64_t crashes = 0;
    uint64_t pauses = 0;
    uint64_t twins = 0;
    uint64_t leaves = 0;
    uint64_t reloads = 0;
    uint64_t accepted = 0;
    uint64_t taken = 0;
  };

  // `control` may be null. All outlive this.
  SimServers(const SimWorld* world, SimControl* control, SimTrace* trace);

  void StartServer(Pid pid) override;
  void CrashServer(Pid pid) override;
  void PauseServer(Pid pid) override;
  void ResumeServer(Pid pid) override;
  void TwinServer(Pid pid) override;
  void LeaveServer(Pid pid) override;
  void ReloadServer(Pid pid, Pid peer, SimPlace place) override;
  bool Runs(Pid pid) const override { return Lives(pid) > 0; }

  // As CrashServer(), but may come out of the server itself: what is under way
  // in it ends first, and Bury() then destroys it. False: it does not run.
  bool KillServer(Pid pid);
  void Bury();
  // False: there is nobody who takes it.
  bool Post(Pid pid, std::function<void(Context&)> function);
  // Each server runs, in one life that is not superseded.
  void Revive();
  // From now on everything is to come to rest, and everybody is there.
  void Settle();

  // When one of them has something to do.
  Micros Next() const;
  // Does what is due. INTERNAL: a leave that was ready left something behind.
  absl::Status Act();
  // Something arrived there. Null: nowhere.
  void Wake(const Transport* transport);

  // The promises that hold at any time.
  absl::Status Check();
  // A line for each queue that is not empty, and for whoever is not there.
  std::string Unrest();
  // Writes the accounts of those that are there into the history, and counts
  // what they took.
  void WriteAccounts();

  const Counts& counts() const { return counts_; }

 private:
  absl::Status FinishLeave(SimProcess* process);
  void CrashDisk(Pid pid);
  void Remove(SimProcess* process);
  int Lives(Pid pid) const;
  // The life that listens.
  SimProcess* Newest(Pid pid);

  const SimWorld& world_;
  SimControl* const control_;
  SimTrace& trace_;
  SplitMix64 disk_random_;
  std::vector<std::unique_ptr<SimProcess>> processes_;
  SimProcess* acting_ = nullptr;
  std::vector<int> lives_;              // By pid: how many there were.
  std::vector<uint64_t> clock_behind_;  // By pid.
  std::vector<SimPlaces> places_;       // By pid: what its file says.
  Counts counts_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_SERVERS_H_
