// An envelope on its way out of the inbox, as the engine hands it out.
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_ENGINE_DELIVERY_H_
#define RAFT_CLUSTER_ENGINE_DELIVERY_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "raft/base/pid.h"
#include "raft/base/pin.h"

namespace raft_cluster::internal {

struct Delivery {
  Pid from = 0;
  Pid to = 0;  // This server's own, or kBroadcast.
  uint64_t id = 0;
  uint64_t incarnation = 0;  // The random part of the sender's.
  absl::string_view msg;     // Lives as long as `pin`.
  Pin pin;
};

// For how many peers an envelope was accepted, and of how many a broadcast was
// not, since they are not live and their queues are full.
struct Acceptance {
  int accepted = 0;
  int skipped = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_DELIVERY_H_
