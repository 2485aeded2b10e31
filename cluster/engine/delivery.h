// An envelope on its way out of the inbox, as the engine hands it out.
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_ENGINE_DELIVERY_H_
#define RAFT_CLUSTER_ENGINE_DELIVERY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
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

// Who of those that are handed out together has a pin: each, or of those that
// came in one run the first, for all of them.
enum class Pins { kForEach, kOneForARun };

// For how many peers an envelope was accepted, and of how many a broadcast was
// not, since they are not live and their queues are full.
struct Acceptance {
  int accepted = 0;
  int skipped = 0;
};

// The same of many, up to the first of which the status is not OK.
struct Acceptances {
  size_t envelopes = 0;
  uint64_t skipped = 0;
  absl::Status status;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_DELIVERY_H_
