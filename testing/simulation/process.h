// One life of a simulated server, with an application that sends and takes at
// paces that change.
//
// Thread rule: that of its simulation, one thread.
#ifndef TESTING_SIMULATION_PROCESS_H_
#define TESTING_SIMULATION_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cluster/engine.h"
#include "cluster/pump.h"
#include "testing/history.h"
#include "testing/simulation/network.h"
#include "testing/simulation/random.h"

namespace raft {

// What all processes of a run have in common.
struct SimWorld {
  SimNetwork* network = nullptr;
  SimRandom* random = nullptr;
  History* history = nullptr;
  EngineOptions engine;  // A pattern; pid, peers and life are filled in.
  int servers = 0;
};

class SimProcess {
 public:
  // What the owner sees of it.
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnTaken(const SimProcess& process, const Received& got) = 0;
    virtual void OnEvent(const SimProcess& process, const Event& event) = 0;
  };

  SimProcess(const SimWorld& world, ServerLife life, uint64_t start_us,
             Observer* observer);
  ~SimProcess();

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
  // The application sends no more, and takes whatever comes.
  void Settle();

  // Everything accepted is settled, and everything that came is taken.
  bool AtRest();
  // The invariants that hold at any time.
  absl::Status Check();
  void WriteAccount();
  std::string Describe();

 private:
  void Step();
  void Send();
  void Take();
  std::string NewMessage(uint64_t id);
  Micros Pace(Micros fastest, Micros slowest);
  void ChangePaces();

  const SimWorld& world_;
  const ServerLife life_;
  Observer* const observer_;
  SenderLog& sent_;
  ReceiverLog& took_;
  uint64_t window_;
  uint64_t budget_;
  Transport* transport_;
  std::unique_ptr<Pump> pump_;
  bool paused_ = false;
  bool superseded_ = false;
  bool leaving_ = false;
  bool settling_ = false;
  Micros next_step_;
  Micros next_send_;
  Micros next_take_;
  Micros next_change_;
  Micros send_pace_ = 0;
  Micros take_pace_ = 0;
  int sends_left_;
  uint64_t accepted_ = 0;
  uint64_t taken_ = 0;
};

// The clock of the simulation that runs on this thread.
void SetSimClock(Micros now);

}  // namespace raft

#endif  // TESTING_SIMULATION_PROCESS_H_
