// For which peers a sender means an envelope.
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_SEND_WHEN_H_
#define RAFT_CLUSTER_SEND_WHEN_H_

#include "raft/base/pid.h"  // Which dialect of C++ it takes.

namespace raft_cluster {

enum class SendWhen {
  // It waits for a peer that is not there.
  kAlways,
  // Only for a peer that is live (UP or SLOW) now: for what a protocol repeats
  // anyway, and what would be stale when the peer comes back. (A peer may be
  // dead before that is known; what was accepted until then does wait.)
  kLive,
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_SEND_WHEN_H_
