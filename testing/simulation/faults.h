// What goes wrong in a simulated cluster, and when.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_FAULTS_H_
#define RAFT_TESTING_SIMULATION_FAULTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "raft/base/random.h"
#include "raft/testing/simulation/fault_weights.h"
#include "raft/testing/simulation/network.h"

namespace raft_cluster::internal {

// Where a server is, by the configuration of another one.
enum class SimPlace { kThere, kGone, kElsewhere };

// The servers that things happen to.
class SimFaultTarget {
 public:
  virtual ~SimFaultTarget() = default;
  virtual void StartServer(Pid pid) = 0;
  virtual void CrashServer(Pid pid) = 0;
  virtual void PauseServer(Pid pid) = 0;
  virtual void ResumeServer(Pid pid) = 0;
  // Pauses it and starts another process in its place.
  virtual void TwinServer(Pid pid) = 0;
  virtual void LeaveServer(Pid pid) = 0;
  // Gives it a configuration in which that peer has another place.
  virtual void ReloadServer(Pid pid, Pid peer, SimPlace place) = 0;
  virtual bool Runs(Pid pid) const = 0;
};

class SimFaultSchedule {
 public:
  SimFaultSchedule(uint64_t seed, const FaultWeights& weights,
                   SimNetwork* network, int servers, SimFaultTarget* target);

  // When something happens next.
  Micros Next() const;
  void Act();  // Makes happen what is due.
  // Heals the network. Servers are the owner's to bring back.
  void Stop();
  // Somebody else has crashed it: it is to start `after` from now.
  void StartLater(Pid pid, Micros after);

  uint64_t partitions() const { return partitions_; }
  uint64_t clogs() const { return clogs_; }

 private:
  // A fault: from what it does, and how often it comes.
  using Fault = void (SimFaultSchedule::*)();
  struct Weighted {
    int weight;
    Fault inflict;
  };

  void Inflict();
  void Weather();  // Loss, duplication, delay and damage of one direction.
  void Cut();
  void Partition();
  void Clog();
  void Reset();
  void Crash();
  void Pause();
  void Twin();
  void Leave();
  void Reload();
  void Later(Micros least, Micros most, std::function<void()> action);
  Pid SomeServer();
  Pid SomeOther(Pid pid);

  SplitMix64 random_;
  std::vector<Weighted> faults_;
  uint64_t weight_ = 0;  // Of them all.
  SimNetwork* const network_;
  const int servers_;
  SimFaultTarget* const target_;
  Micros next_;
  std::multimap<Micros, std::function<void()>> later_;
  uint64_t partitions_ = 0;
  uint64_t clogs_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_FAULTS_H_
