// A network in virtual time that does to frames what networks do: loses,
// doubles, delays, reorders and damages them, holds them back, cuts links in
// one direction or both, and resets connections.
//
//   SimNetwork network(seed, /*servers=*/5, /*fifo=*/true);
//   std::unique_ptr<Transport> one = network.Open(1);
//   network.faults(1, 2).loss = 0.3;
//   while (network.NextArrival() <= until) network.Deliver();
//
// Everything that happens follows from the seed and the calls. Server n listens
// on "sim://n". Its transports pass the conformance suite, in virtual time,
// which passes in their Wait(), too; what else drives them has to see to it
// that what arrives is delivered.
//
// Of a connection it is known that it is lost where the other end has closed,
// as the system of a process says for it; one that was killed is silent, as if
// its machine were gone.
//
// Thread rule: one thread, for the network and all its transports.
#ifndef RAFT_TESTING_SIMULATION_NETWORK_H_
#define RAFT_TESTING_SIMULATION_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/base/clock.h"
#include "raft/base/pid.h"
#include "raft/base/random.h"
#include "raft/testing/simulation/counts.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

// What one direction between two servers does to frames.
struct SimFaults {
  double loss = 0;
  double duplication = 0;
  double damage = 0;  // One bit is flipped.
  Micros delay = 100;
  Micros jitter = 0;  // Added to the delay, up to this. Reorders, if not fifo.
  bool cut = false;   // All is lost.
  bool clogged = false;  // All is held back, up to a bound.
};

// The virtual time of one simulation.
class SimClock final : public Clock {
 public:
  Micros Now() override { return now_; }
  Micros now() const { return now_; }
  void Set(Micros now) { now_ = now; }

 private:
  Micros now_ = 1;
};

class SimTransport;

class SimNetwork {
 public:
  // Pids are 1 to `servers`. `fifo`: frames of one connection stay in order.
  SimNetwork(uint64_t seed, int servers, bool fifo);

  // A process of server `pid` opens its port. It listens from now on, also if
  // an earlier one still lives; that one can go on sending, and has the port
  // back when no later one lives.
  std::unique_ptr<Transport> Open(Pid pid);
  // The same for a transport as any, with the limits of the spec; the address
  // "*" is that of a server that does not listen, another one each time.
  // INVALID_ARGUMENT: the spec. UNAVAILABLE: somebody listens there.
  absl::StatusOr<std::unique_ptr<Transport>> Open(const TransportSpec& spec);
  // The process is dead: what it sends is nothing, what it got is gone.
  void Kill(Transport* transport);

  SimFaults& faults(Pid from, Pid to) { return wire(from, to).faults; }
  void Unclog(Pid from, Pid to);
  // Makes the connection anew: what is on it is lost.
  void Reset(Pid from, Pid to);

  bool fifo() const { return fifo_; }
  // It goes on where somebody sets it, and where a frame arrives.
  SimClock& clock() { return clock_; }
  Micros now() const { return clock_.now(); }
  // When the next frame arrives, kNever if none is under way.
  Micros NextArrival() const;
  // Lets it arrive. Returns the process, or null if nobody was there.
  Transport* Deliver();
  // The processes whose sending may work again, or whose connections came up.
  std::vector<Transport*> TakeWoken();

  const SimCounts& counts() const { return counts_; }

 private:
  friend class SimTransport;

  // Counts a frame as waiting until it is destroyed; null: nobody counts.
  using Load = std::shared_ptr<void>;
  struct Held {
    SimTransport* sender;
    Frame frame;
    Load load;
  };
  struct Wire {
    explicit Wire(SplitMix64 own) : random(own) {}
    SimFaults faults;
    SplitMix64 random;
    uint64_t connection = 0;
    Micros last_arrival = 0;
    std::deque<Held> held;
    size_t held_bytes = 0;
  };
  struct Arrival {
    Micros time = 0;
    uint64_t order = 0;
    Pid from = 0;
    Pid to = 0;
    uint64_t connection = 0;  // 0: a reply, which goes to one process.
    uint64_t sender = 0;
    uint64_t receiver = 0;
    Frame frame;
    Load load;
  };
  struct Later {
    bool operator()(const Arrival& a, const Arrival& b) const {
      return a.time != b.time ? a.time > b.time : a.order > b.order;
    }
  };

  Wire& wire(Pid from, Pid to) {
    return wires_[static_cast<size_t>((from - 1) * servers_ + to - 1)];
  }
  SimTransport* Find(uint64_t process) const;
  bool Listens(Pid pid) const {
    return listening_[static_cast<size_t>(pid - 1)] != nullptr;
  }
  std::unique_ptr<Transport> Open(Pid pid, const TransportSpec& spec);
  SendResult Transmit(SimTransport* from, Pid to, uint64_t reply_to,
                      const Frame& frame, const Load& load);
  void Schedule(SimTransport* from, Pid to, uint64_t reply_to,
                const Frame& frame, const Load& load);
  Frame Damage(const Frame& frame, SplitMix64* random);
  void ResetAllTo(Pid pid);
  void PassTime(SimTransport* process, Micros until);
  void Closed(SimTransport* transport);

  const int servers_;
  Pid last_free_ = 0;  // That somebody got who wanted any.
  const bool fifo_;
  SimClock clock_;
  uint64_t order_ = 0;
  uint64_t processes_ = 0;
  std::vector<Wire> wires_;
  std::vector<SimTransport*> open_;       // All that were not destroyed.
  std::vector<SimTransport*> listening_;  // By pid - 1; null if nobody.
  std::vector<SimTransport*> woken_;
  std::vector<Arrival> arrivals_;  // A heap.
  SimCounts counts_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_NETWORK_H_
