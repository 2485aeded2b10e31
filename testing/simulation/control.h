// What handlers and hooks of a simulation may do beyond their Context: crash a
// server at the very point that matters, and use disks.
//
//   raft_cluster::SimControl control;       // SimulationOptions::control.
//   ...
//   control.disk(3).Write("vote", "2");     // In a handler of server 3,
//   control.Crash(3);                       // which has told nobody yet.
//
//   control.Post(2, [](raft_cluster::Context& context) {  // As a client asks.
//     context.TrySend(raft_cluster::kBroadcast, "x").IgnoreError();
//   });
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_CONTROL_H_
#define RAFT_TESTING_SIMULATION_CONTROL_H_

#include <functional>
#include <map>
#include <utility>

#include "absl/time/time.h"
#include "raft/base/pid.h"
#include "raft/cluster/handler.h"
#include "raft/testing/simulation/disk.h"

namespace raft_cluster {

// One for each run at a time; RunSimulation() begins with empty disks.
class SimControl {
 public:
  // Crashes `pid` now, as kill -9 and the loss of power do: nothing leaves it
  // any more, and its disk takes nothing. If this is its handler's own call,
  // the handler is destroyed when the call has returned. It starts again up to
  // 3 s later, as after a crash that is among the faults. Does nothing where no
  // server of this pid runs, or outside of a run.
  void Crash(Pid pid) {
    if (crash_) crash_(pid);
  }

  // Has `function` called on the turn of the handler of `pid`, at the present
  // time, as Server::Post() does: what comes from a client. False: no server of
  // this pid runs that takes it. It is destroyed uncalled where that life ends
  // before; while it is paused, it waits.
  bool Post(Pid pid, std::function<void(Context&)> function) {
    return post_ && post_(pid, std::move(function));
  }

  // Each server has one, which outlives its lives. A crash of a server, also
  // one among the faults, is one of its disk; to pause, to leave or to be
  // superseded is not.
  SimDisk& disk(Pid pid) { return disks_[pid]; }

  // The virtual time, which begins near 0.
  absl::Duration now() const { return now_ ? now_() : absl::ZeroDuration(); }

  // For the simulator: a run begins, and ends.
  using Poster = std::function<bool(Pid, std::function<void(Context&)>)>;
  void Begin(std::function<void(Pid)> crash, Poster post,
             std::function<absl::Duration()> now);
  void End();

 private:
  std::function<void(Pid)> crash_;
  Poster post_;
  std::function<absl::Duration()> now_;
  std::map<Pid, SimDisk> disks_;
};

}  // namespace raft_cluster

#endif  // RAFT_TESTING_SIMULATION_CONTROL_H_
