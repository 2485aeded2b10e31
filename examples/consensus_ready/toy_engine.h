// In place of an engine: a log of which server 1 is the leader for good, so
// that there is nothing to elect. It has what the skeleton is about: a log that
// is to outlive crashes, messages that may get lost, and a majority.
//
// A line of a record, as of a message, is a command.
//
// Thread rule: one thread.
#ifndef RAFT_EXAMPLES_CONSENSUS_READY_TOY_ENGINE_H_
#define RAFT_EXAMPLES_CONSENSUS_READY_TOY_ENGINE_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "raft/examples/consensus_ready/engine.h"

namespace raft_cluster {

class ToyEngine : public ConsensusEngine {
 public:
  static constexpr Pid kLeader = 1;

  // One of `servers`, pids from 1. `kept`: all its records so far.
  ToyEngine(Pid self, int servers, absl::string_view kept);

  void Tick() override;
  void Step(Pid from, absl::string_view message) override;
  bool Propose(const std::string& command) override;
  void OnUnreachable(Pid peer) override;
  Ready TakeReady(size_t max_bytes) override;

 private:
  struct Follower {
    size_t has = 0;       // Commands that it has kept.
    size_t told = 0;      // That it was told of, as far as is known.
    bool is_due = false;  // To be told.
  };

  // "FIRST COMMITTED\n", and commands.
  std::string MessageTo(Follower* follower, size_t max_bytes) const;
  void OnCommands(absl::string_view message);
  void SeeWhatIsCommitted();

  const Pid self_;
  std::vector<std::string> log_;
  size_t kept_ = 0;       // Of the log, as of the last TakeReady().
  size_t committed_ = 0;  // Of the log, in the end of all servers.
  size_t applied_ = 0;
  std::map<Pid, Follower> followers_;  // Of the leader.
  bool answers_ = false;               // To the leader.
};

}  // namespace raft_cluster

#endif  // RAFT_EXAMPLES_CONSENSUS_READY_TOY_ENGINE_H_
