// The peers that were taken out of the configuration: those to whom that is
// still to be said (they are leaving), and what is remembered of all of them in
// case they come back.
//
//   FormerPeers former;
//   former.Add(2, identity, std::move(link), until);   // Link::Remove() done.
//   while (former.NextFrame(now, &pid, &out)) ...      // The leave.
//   for (Pid pid : former.TakeEnded()) transport.Disconnect(pid);
//   LinkMemory memory = former.Take(2, identity);      // It is back.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_FORMER_PEERS_H_
#define RAFT_CLUSTER_ENGINE_FORMER_PEERS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "raft/base/clock.h"
#include "raft/base/pid.h"
#include "raft/cluster/link/link.h"
#include "raft/cluster/link/link_memory.h"
#include "raft/cluster/link/outgoing_frame.h"

namespace raft_cluster::internal {

class FormerPeers {
 public:
  // By what a peer is known again: one of its keys or, without keys, its url.
  using Identity = std::vector<std::string>;

  // `link` is removed. If it owes a leave, it says that until it was heard or
  // `until` has come.
  void Add(Pid pid, Identity identity, std::unique_ptr<Link> link,
           Micros until);
  // What there is to know for a new link to this pid; its leave ends.
  LinkMemory Take(Pid pid, const Identity& identity);

  // The link of one that is leaving, for what comes from there; else null.
  Link* Leaving(Pid pid);
  std::vector<Pid> LeavingPids() const;
  bool HasDueFrame(Micros now) const { return FrameDeadline() <= now; }
  bool NextFrame(Micros now, Pid* pid, OutgoingFrame* out);
  // Ends the leaves that were heard, and those whose time is up.
  void Tick(Micros now);
  // When there is a frame to be sent, or a leave to be ended.
  Micros Deadline() const;
  // Those that have ended since the last call: their connections are of no
  // more use.
  std::vector<Pid> TakeEnded() { return std::exchange(ended_, {}); }
  // A leave goes on that somebody may hear.
  bool MayBeHeard() const;
  // Nothing more is said: a newer life of this server speaks for it.
  void EndAll();

  // What they sent and were sent.
  uint64_t accepted() const;
  uint64_t received() const;

 private:
  struct Leaver {
    Identity identity;
    std::unique_ptr<Link> link;
    Micros until = kNever;
  };
  struct Absent {
    Identity identity;
    LinkMemory memory;  // As for the same peer.
  };

  void End(std::map<Pid, Leaver>::iterator leaver);
  void Remember(Pid pid, Leaver leaver);
  Micros FrameDeadline() const;

  std::map<Pid, Leaver> leaving_;
  std::map<Pid, Absent> absent_;
  std::vector<Pid> ended_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_FORMER_PEERS_H_
