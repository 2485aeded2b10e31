// One process's end of a SimNetwork, which owns the time and all that is under
// way.
//
// Thread rule: the network's.
#ifndef RAFT_TESTING_SIMULATION_SIM_TRANSPORT_H_
#define RAFT_TESTING_SIMULATION_SIM_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "raft/base/pid.h"
#include "raft/testing/simulation/network.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

class SimTransport : public Transport {
 public:
  static constexpr char kScheme[] = "sim";
  static constexpr size_t kUnbounded = std::numeric_limits<size_t>::max();
  static Url UrlOf(Pid pid);

  // Where the spec bounds its queues by kUnbounded, nothing is counted.
  SimTransport(SimNetwork* network, Pid pid, uint64_t process,
               const TransportSpec& spec);
  ~SimTransport() override;

  const Url& url() const override { return spec_.url; }
  Properties properties() const override;
  absl::Status Connect(const PeerSpec& peer) override;
  void Disconnect(Pid peer) override;
  SendResult Send(Pid peer, const Frame& frame) override;
  SendResult Reply(const Origin& origin, const Frame& frame) override;
  int Poll(int limit, Receiver& receiver) override;
  void Wait(absl::Duration timeout) override;
  void Wake() override { woken_ = true; }

 private:
  friend class SimNetwork;
  using Waiting = std::shared_ptr<size_t>;  // Shared with the frames that do.
  struct Peer {
    Pid at = 0;
    bool up = false;
    Waiting waiting = std::make_shared<size_t>(0);
  };
  struct Inbound {
    uint64_t sender;
    Frame frame;
    SimNetwork::Load load;
  };
  struct News {
    enum What { kUp, kDown, kTrouble };
    Pid peer;
    What what;
  };

  // There is a reason to return from Wait().
  bool MayPoll() const;
  bool HasRoom() const;
  // False: so much waits already that this one has to be refused.
  bool Admit(const Frame& frame, const Waiting& waiting,
             SimNetwork::Load* load);
  // The connections to the server `at` are made, or lost.
  void SetUp(Pid at, bool up);
  void Tell(const News& news, Receiver& receiver) const;

  SimNetwork* const network_;
  const Pid pid_;
  const uint64_t process_;
  TransportSpec spec_;
  bool dead_ = false;
  std::map<Pid, Peer> peers_;
  const Waiting replies_waiting_ = std::make_shared<size_t>(0);
  std::deque<Inbound> inbound_;
  std::deque<News> news_;
  bool refused_ = false;  // A frame, since the last Poll().
  bool woken_ = false;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_SIM_TRANSPORT_H_
