// What a user's Options mean for an engine, live and in the simulator.
//
// Thread rule: free functions.
#ifndef RAFT_CLUSTER_ENGINE_OPTIONS_H_
#define RAFT_CLUSTER_ENGINE_OPTIONS_H_

#include "absl/status/status.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/options.h"

namespace raft_cluster::internal {

// INVALID_ARGUMENT: names the field and its bounds.
absl::Status CheckOptions(const Options& options);

// Fills in what follows from `options` alone. REQUIRES: CheckOptions() is OK.
void ApplyOptions(const Options& options, EngineOptions* engine);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_OPTIONS_H_
