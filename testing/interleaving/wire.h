// The transport of a pump that runs under a Schedule, and the servers at its
// other end.
//
//   Wire wire(/*peers=*/2);            // Servers 2 and 3.
//   Pump pump(wire.Open(), ...);       // Server 1.
//   wire.Say(2, {"hello"});            // A frame arrives.
//
// The peers are engines without a pump: they act in the moment in which a frame
// reaches them, or somebody makes them. The network between is that of
// network.h, and the pump's use of its transport is checked as there.
//
// Thread rule: the threads of one schedule.
#ifndef RAFT_TESTING_INTERLEAVING_WIRE_H_
#define RAFT_TESTING_INTERLEAVING_WIRE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "raft/cluster/engine/engine.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

class WireTransport;

class Wire {
 public:
  explicit Wire(int peers);
  ~Wire();

  // So quiet that nothing is done because of time that passed, but what is
  // owed or put off.
  static EngineOptions QuietEngine(Pid self);
  // Where a server listens, for its peers to connect to.
  static Url UrlOf(Pid pid);

  // REQUIRES: called once; the transport is destroyed before the Wire.
  std::unique_ptr<Transport> Open();

  // A peer that does not listen leaves what comes for later; one that does not
  // take leaves envelopes in its inbox.
  void SetListens(Pid peer, bool listens);
  void SetTakes(Pid peer, bool takes);
  // The transport takes no frames for this peer.
  void SetFull(Pid peer, bool full);
  // Sends envelopes, all in one frame.
  void Say(Pid peer, const std::vector<std::string>& msgs);

  // How many envelopes the peer has taken.
  size_t taken(Pid peer) const { return peers_.at(peer).taken; }
  // How many frames have come that the peer did not listen to so far.
  size_t unheard(Pid peer) const { return peers_.at(peer).unheard; }
  // Nothing is under way, and the peers know that all they said was taken.
  bool Quiet() const;

 private:
  friend class WireTransport;

  struct Peer {
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Transport> transport;
    bool listens = true;
    bool takes = true;
    bool full = false;
    size_t unheard = 0;
    size_t taken = 0;
  };

  class Ear;

  std::unique_ptr<Transport> OpenAt(Pid pid);
  void Act(Pid pid);

  const Opener open_;
  std::map<Pid, Peer> peers_;
  WireTransport* transport_ = nullptr;  // The pump's, while it is open.
  size_t coming_ = 0;                   // Frames for it that it did not poll.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_WIRE_H_
