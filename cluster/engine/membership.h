// The peers that an engine is to have, and what a change of them did.
//
// Thread rule: values.
#ifndef RAFT_CLUSTER_ENGINE_MEMBERSHIP_H_
#define RAFT_CLUSTER_ENGINE_MEMBERSHIP_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "raft/base/pid.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

struct Membership {
  std::vector<PeerSpec> peers;  // All but the server itself.
  // The public keys of each peer, where there are any: by these it is known
  // again, wherever it is. Which of them are good the transport decides.
  std::map<Pid, std::vector<std::string>> keys;
  uint64_t config_digest = 0;
};

// Each list in the order of pids; a peer is in one of them at most.
struct MembershipChange {
  uint64_t number = 0;  // From 1 on.
  std::vector<Pid> added;
  std::vector<Pid> removed;
  std::vector<Pid> moved;
  std::vector<Pid> rekeyed;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_MEMBERSHIP_H_
