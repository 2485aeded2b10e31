// What one end of a link is set to.
//
// Thread rule: values.
#ifndef RAFT_CLUSTER_LINK_LINK_OPTIONS_H_
#define RAFT_CLUSTER_LINK_LINK_OPTIONS_H_

#include <cstdint>
#include <string>

#include "raft/base/clock.h"
#include "raft/base/pid.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/total_budget.h"

namespace raft_cluster::internal {

struct LinkOptions {
  uint64_t cluster = 0;  // The hash of its name.
  uint64_t config_digest = 0;
  uint64_t reload = 0;  // How often the configuration has changed.
  Pid self = 0;
  Pid peer = 0;
  // As the configuration has them. Without keys (`proven_peers`) the url is all
  // that tells a peer from a stranger.
  std::string self_url;
  std::string peer_url;
  bool proven_peers = false;
  uint64_t link_budget_bytes = 0;   // For what waits to be taken by the peer.
  uint64_t inbox_budget_bytes = 0;  // For what waits to be taken here.
  // For both, of all peers together; null: there is no such bound.
  TotalBudget* total = nullptr;
  uint64_t max_envelope_bytes = 0;
  Micros failure_timeout = 2000000;
  Micros heartbeat = 200000;
  bool void_on_restart = false;
  bool fifo = true;  // Of the transport.
  // The pieces of large envelopes that it carries best, if the peer agrees;
  // kFragmentBytes to kLargestFragmentBytes.
  uint64_t fragment_bytes = kFragmentBytes;
  // The wall clock in microseconds, less `now`.
  Micros clock_ahead = 0;
  uint64_t seed = 0;  // Of what is left to chance: the pace of hellos.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_LINK_OPTIONS_H_
