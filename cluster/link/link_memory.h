// What outlives a link whose peer was taken out of the configuration, for the
// next one to the same pid.
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_LINK_LINK_MEMORY_H_
#define RAFT_CLUSTER_LINK_LINK_MEMORY_H_

#include "absl/types/optional.h"
#include "raft/cluster/link/account.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/wire/frame.pb.h"

namespace raft_cluster::internal {

struct LinkMemory {
  // The newest life of the peer that a session was ever held with: with an
  // older one there is to be none. None, if the peer was another one then.
  Life newest;
  // What is to be said of the last link that both ends held a session on.
  absl::optional<wire::Former> former;
  // The ledger of a pid goes on, whichever link serves it.
  absl::optional<Account> account;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_LINK_MEMORY_H_
