// One life of a simulated server, and the application that uses it.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_PROCESS_H_
#define RAFT_TESTING_SIMULATION_PROCESS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "raft/base/random.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/pump.h"
#include "raft/testing/history.h"
#include "raft/testing/simulation/network.h"

namespace raft_cluster::internal {

class SimProcess;

// What a server is for: sends and takes.
class SimApplication {
 public:
  virtual ~SimApplication() = default;
  virtual Micros Next() const = 0;  // When it has something to do.
  virtual void Act() = 0;           // Does what is due, also before Next().
  virtual void Wake() = 0;          // Something may come.
  virtual void Settle() = 0;  // From now on everything is to come to rest.
};

// What all processes of a run have in common.
struct SimWorld {
  SimNetwork* network = nullptr;
  SplitMix64* random = nullptr;
  History* history = nullptr;
  EngineOptions engine;  // A pattern; pid, peers and life are filled in.
  int servers = 0;
  std::function<std::unique_ptr<SimApplication>(SimProcess*)> application;
};

class SimProcess {
 public:
  // What the owner sees of it.
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnTaken(const SimProcess& process, const Delivery& got) = 0;
    virtual void OnEvent(const SimProcess& process, const Event& event) = 0;
  };

  SimProcess(const SimWorld& world, ServerLife life, uint64_t start_us,
             Observer* observer);
  ~SimProcess();

  const SimWorld& world() const { return world_; }
  ServerLife life() const { return life_; }
  const Transport* transport() const { return transport_; }
  bool superseded() const { return superseded_; }
  bool leaving() const { return leaving_; }
  bool paused() const { return paused_; }
  uint64_t accepted() const { return accepted_; }
  uint64_t taken() const { return taken_; }

  // When it has something to do next.
  Micros Next() const;
  void Act();   // Does what is due.
  void Wake();  // Something arrived.
  void Pause() { paused_ = true; }
  void Resume();
  void Crash();
  void BeginLeave();
  bool ReadyToLeave() { return pump_->ReadyToClose(); }
  absl::Status FinishLeave();  // Its final account goes to the history.
  void Settle() { application_->Settle(); }

  // For the application.
  Pump& pump() { return *pump_; }
  void NoteAccepted(const Acceptance& receipt) {
    accepted_ += static_cast<uint64_t>(receipt.accepted);
  }
  void NoteTaken(const Delivery& got);
  void NoteEvent(const Event& event);

  // Everything accepted is settled, and everything that came is taken.
  bool AtRest();
  // It held a session with some peer.
  bool HasMetAnyone();
  // The invariants that hold at any time.
  absl::Status Check();
  void WriteAccount();
  std::string Describe();

 private:
  const SimWorld& world_;
  const ServerLife life_;
  Observer* const observer_;
  Transport* transport_;
  std::unique_ptr<Pump> pump_;
  std::unique_ptr<SimApplication> application_;
  bool paused_ = false;
  bool superseded_ = false;
  bool leaving_ = false;
  Micros next_step_;
  uint64_t accepted_ = 0;
  uint64_t taken_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_PROCESS_H_
