// The elections of the Raft consensus algorithm (Ongaro and Ousterhout, "In
// Search of an Understandable Consensus Algorithm", section 5.2) as a Handler:
// servers agree on a leader, at most one per term, and on another one when it
// is gone.
//
//   Election election(ReadBallot(), WriteBallot,  // From disk, and to it.
//                     [](Pid leader, int64_t term) { ... });
//   absl::Status status = Run(server, election);
//
// A vote that is forgotten may be given twice, and then a term has two leaders.
// So the ballot is on disk before any word about it leaves the server:
// election_test.cc has disks that lose what was not flushed.
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
  // Puts the ballot on disk, in place of the one before, and returns when it is
  // there: written, flushed (fsync), and renamed. What this server then says is
  // said after that.
  using KeepBallot = std::function<void(const Ballot& ballot)>;
  // Called whenever this server gets to know a leader, itself or another.
  using OnLeader = std::function<void(Pid leader, int64_t term)>;

  // `kept`: what a former life of this server has kept last, if there was one.
  Election(const Ballot& kept, KeepBallot keep, OnLeader on_leader)
      : ballot_(kept),
        keep_(std::move(keep)),
        on_leader_(std::move(on_leader)) {}

  void OnStart(Context& context) override;
  void OnTimer(Context& context, int timer) override;
  void OnEnvelope(Context& context, const Received& got) override;

 private:
  enum class Role { kFollower, kCandidate, kLeader };

  void SetBallot(const Ballot& ballot);
  void Stand(Context& context);
  void Lead(Context& context);
  void Follow(Context& context, Pid leader);
  void AwaitLeader(Context& context);

  Ballot ballot_;
  const KeepBallot keep_;
  const OnLeader on_leader_;
  Role role_ = Role::kFollower;
  Pid leader_ = 0;       // Of this term, as far as it is known.
  std::set<Pid> votes_;  // Of a candidate, in this term.
};

}  // namespace raft_cluster

#endif  // RAFT_EXAMPLES_LEADER_ELECTION_ELECTION_H_
