// The same over sockets: whether servers that speak tcp would miss the rule.
//
// Two pumps exchange envelopes over a transport that loses, doubles and delays
// frames. One takes nothing for a while, is killed and started again. The
// checker that judges the simulator's histories judges theirs.
//
// Thread rule: one thread in the process.
#ifndef RAFT_TESTING_MUTANTS_WIRES_H_
#define RAFT_TESTING_MUTANTS_WIRES_H_

#include "raft/cluster/link/mutant.h"
#include "raft/testing/mutants/trial.h"

namespace raft_cluster::internal {

// Runs attempts 1, 2, ... of a second or so each, until one fails.
Trial TryOnWires(Mutant mutant, uint64_t attempts);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_MUTANTS_WIRES_H_
