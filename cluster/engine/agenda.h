// Which peers have something to do, and when the next one will: so that a turn
// of the leader, and a call, cost what has happened and not the number of
// peers.
//
// Whoever changes a link touches its peer first. What is asked of the agenda is
// then brought up to date for those that were touched, and for nobody else.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_AGENDA_H_
#define RAFT_CLUSTER_ENGINE_AGENDA_H_

#include <cstdint>
#include <vector>

#include "raft/cluster/engine/deadlines.h"
#include "raft/cluster/engine/peer_table.h"

namespace raft_cluster::internal {

class Agenda {
 public:
  // `peers` outlives this.
  explicit Agenda(PeerTable* peers) : peers_(*peers) {}

  // For all that may change what a link is in, or when it has something to do.
  Link& Touch(Peer& peer);
  // It is about to be removed.
  void Forget(Peer& peer);

  // A frame is due, or (`sleeping`) one would be before a sleep.
  bool HasDueFrame(Micros now, bool sleeping);
  // Whose turn it is to send one; null if nobody's. Those who are due at the
  // same time take turns.
  Peer* NextDue(Micros now, bool sleeping);
  // Those whose Link::Tick() is to be called: its time has come, or they were
  // touched since the last time. They count as touched from then on.
  std::vector<uint32_t> TakeTicks(Micros now);
  // When there will be a due frame, or a tick.
  Micros Deadline();
  // How many peers are live.
  int live();

 private:
  void Settle();
  void Refresh(Peer& peer);
  // All is as a look at every link would find it. Costs that look.
  bool IsRight() const;

  PeerTable& peers_;
  // By slot: when the next frame is due, or would be before a sleep, and when
  // the link's other timers are.
  Deadlines frames_;
  Deadlines owing_;
  Deadlines ticks_;
  // Who was touched since Settle(), and since TakeTicks(). Some may have been
  // removed meanwhile.
  std::vector<PeerRef> stale_;
  std::vector<PeerRef> changed_;
  // Who is due at once takes its turn behind those who were due before.
  Micros seen_now_ = 0;
  int live_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_AGENDA_H_
