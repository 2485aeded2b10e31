// What a consensus engine is to a server: the face of those that are published
// as libraries without I/O (the "Ready" of etcd's raft and its kin). Put yours
// behind it.
//
// Thread rule: one thread.
#ifndef RAFT_EXAMPLES_CONSENSUS_READY_ENGINE_H_
#define RAFT_EXAMPLES_CONSENSUS_READY_ENGINE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "raft/cluster/handler.h"

namespace raft_cluster {

// What an engine wants to be done: in this order.
struct Ready {
  struct Message {
    Pid to = 0;
    std::string text;
  };

  std::string record;  // On disk before anything below. May be empty.
  std::vector<Message> messages;
  std::vector<std::string> committed;  // Commands, to be applied.
};

class ConsensusEngine {
 public:
  virtual ~ConsensusEngine() = default;

  // Some time has passed: elections, and what is to be said again.
  virtual void Tick() = 0;
  virtual void Step(Pid from, absl::string_view message) = 0;
  // A client's command. False: this server cannot take it now.
  virtual bool Propose(const std::string& command) = 0;
  // What was said to `peer` does not get there: say less until it is heard.
  virtual void OnUnreachable(Pid peer) = 0;
  // What has come of all that. No message is longer than `max_bytes`, one that
  // would be goes in pieces.
  virtual Ready TakeReady(size_t max_bytes) = 0;
};

}  // namespace raft_cluster

#endif  // RAFT_EXAMPLES_CONSENSUS_READY_ENGINE_H_
