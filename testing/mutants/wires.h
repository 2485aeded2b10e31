// The same over sockets: whether servers that speak tcp would miss the rule.
//
// Two pumps exchange envelopes over a transport that loses, doubles and delays
// frames. One takes nothing for a while, is killed and started again. The
// checker that judges the simulator's histories judges theirs.
//
// Thread rule: one thread in the process.
#ifndef RAFT_TESTING_MUTANTS_WIRES_H_
#define RAFT_TESTING_MUTANTS_WIRES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "raft/testing/mutants/trial.h"

namespace raft_cluster::internal {

// The mutants that are found here, too. What TCP itself forbids, and what takes
// frames of a former life, or a stale process, at the right moment, is not.
inline constexpr absl::string_view kMutantsOnWires[] = {
    "credit_is_ignored",
    "gaps_are_passed_over",
    "last_frame_is_not_sent_again",
    "received_counts_as_taken",
    "repeats_are_delivered",
};

// Runs attempts 1, 2, ... of a second or so each, until one fails. Without a
// name nothing is taken out.
Trial TryOnWires(absl::string_view mutant, uint64_t attempts);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_MUTANTS_WIRES_H_
