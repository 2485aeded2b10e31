// One life of a simulated server, and the application that uses it.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_PROCESS_H_
#define RAFT_TESTING_SIMULATION_PROCESS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "raft/base/random.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/pump.h"
#include "raft/testing/history.h"
#include "raft/testing/simulation/faults.h"
#include "raft/testing/simulation/network.h"
#include "raft/testing/simulation/streams.h"

namespace raft_cluster::internal {

class SimProcess;

// What a server is for: sends and takes.
class SimApplication {
 public:
  virtual ~SimApplication() = default;
  virtual Micros Next() const = 0;  // When it has something to do.
  virtual void Act() = 0;           // Does what is due, also before Next().
  virtual void Wake() = 0;          // Something may come.
  // Its server has another configuration.
  virtual void OnReload(const MembershipChange& /*change*/) {}
  virtual void Settle() = 0;  // From now on everything is to come to rest.
  // Does nothing more, if this comes out of a call of its own also in there.
  virtual void Halt() = 0;
};

// What all processes of a run have in common.
struct SimWorld {
  SimNetwork* network = nullptr;
  uint64_t seed = 0;
  History* history = nullptr;
  EngineOptions engine;  // A pattern; pid, peers and life are filled in.
  int servers = 0;
  std::function<std::unique_ptr<SimApplication>(SimProcess*)> application;
  // What stands between a server and the network; if null, nothing.
  std::function<std::unique_ptr<Transport>(Pid, std::unique_ptr<Transport>)>
      transport;
};

// The configuration of a server: where each of its peers is.
using SimPlaces = std::map<Pid, SimPlace>;  // Those that are not there.

class SimProcess {
 public:
  // What the owner sees of it.
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnSent(const SimProcess& process, Pid to, uint64_t id,
                        absl::string_view msg, const Acceptance& receipt) = 0;
    virtual void OnTaken(const SimProcess& process, const Delivery& got) = 0;
    virtual void OnEvent(const SimProcess& process, const Event& event) = 0;
  };

  SimProcess(const SimWorld& world, ServerLife life, uint64_t start_us,
             SimPlaces places, Observer* observer);
  ~SimProcess();

  const SimWorld& world() const { return world_; }
  ServerLife life() const { return life_; }
  const Transport* transport() const { return transport_; }
  bool superseded() const { return superseded_; }
  bool leaving() const { return leaving_; }
  bool paused() const { return paused_; }
  bool killed() const { return killed_; }
  uint64_t accepted() const { return accepted_; }
  uint64_t taken() const { return taken_; }

  // When it has something to do next.
  Micros Next() const;
  void Act();   // Does what is due.
  void Wake();  // Something arrived.
  void Pause() { paused_ = true; }
  void Resume();
  // Nothing leaves it any more, and it does nothing; to be destroyed as soon as
  // nothing is under way in it.
  void Kill();
  void BeginLeave();
  bool ReadyToLeave() { return pump_->ReadyToClose(); }
  absl::Status FinishLeave();  // Its final account goes to the history.
  void Settle() { application_->Settle(); }
  void Reload(const SimPlaces& places);
  const SimPlaces& places() const { return places_; }

  // For the application.
  Pump& pump() { return *pump_; }
  SplitMix64 NewStream(SimStream use) const {
    return StreamOf(world_.seed, use, life_.pid, life_.number);
  }
  void NoteSent(Pid to, uint64_t id, absl::string_view msg,
                const Acceptance& receipt);
  void NoteTaken(const Delivery& got);
  void NoteEvent(const Event& event);

  // What is left to be settled and to be taken, a line for each queue; empty if
  // it is at rest.
  std::string Unrest();
  // It held a session with some peer.
  bool HasMetAnyone();
  // The invariants that hold at any time.
  absl::Status Check();
  void WriteAccount();

 private:
  void Destroy();
  Membership MembershipOf(const SimPlaces& places) const;

  const SimWorld& world_;
  const ServerLife life_;
  Observer* const observer_;
  SimPlaces places_;
  Transport* transport_;
  std::unique_ptr<Pump> pump_;
  std::unique_ptr<SimApplication> application_;
  bool paused_ = false;
  bool killed_ = false;
  bool superseded_ = false;
  bool leaving_ = false;
  Micros next_step_;
  uint64_t accepted_ = 0;
  uint64_t taken_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_PROCESS_H_
