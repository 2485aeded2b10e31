// The elections of the Raft consensus algorithm (Ongaro and Ousterhout, "In
// Search of an Understandable Consensus Algorithm", section 5.2) as a Handler:
// servers agree on a leader, at most one per term, and on another one when it
// is gone.
//
//   Ballot ballot;  // Read from disk, in earnest.
//   Election election(&ballot, [](Pid leader, int64_t term) { ... });
//   absl::Status status = Run(server, election);
//
// Thread rule: that of Handler.
#ifndef RAFT_EXAMPLES_LEADER_ELECTION_ELECTION_H_
#define RAFT_EXAMPLES_LEADER_ELECTION_ELECTION_H_

#include <cstdint>
#include <functional>
#include <set>
#include <utility>

#include "raft/cluster/handler.h"

namespace raft_cluster {

// What a server must not forget when it crashes.
struct Ballot {
  int64_t term = 0;
  Pid voted_for = 0;  // In this term; 0: for nobody.
};

class Election : public Handler {
 public:
  // Called whenever this server gets to know a leader, itself or another.
  using OnLeader = std::function<void(Pid leader, int64_t term)>;

  // `ballot` outlives the handler.
  Election(Ballot* ballot, OnLeader on_leader)
      : ballot_(*ballot), on_leader_(std::move(on_leader)) {}

  void OnStart(Context& context) override;
  void OnTimer(Context& context, int timer) override;
  void OnEnvelope(Context& context, const Received& got) override;

 private:
  enum class Role { kFollower, kCandidate, kLeader };

  void Stand(Context& context);
  void Lead(Context& context);
  void Follow(Context& context, Pid leader);
  void AwaitLeader(Context& context);

  Ballot& ballot_;
  const OnLeader on_leader_;
  Role role_ = Role::kFollower;
  Pid leader_ = 0;       // Of this term, as far as it is known.
  std::set<Pid> votes_;  // Of a candidate, in this term.
};

}  // namespace raft_cluster

#endif  // RAFT_EXAMPLES_LEADER_ELECTION_ELECTION_H_
