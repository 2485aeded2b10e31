#include "raft/cluster/link/mutant.h"

namespace raft_cluster::internal {
namespace {

Mutant present = Mutant::kNone;

}  // namespace

void SetMutant(Mutant mutant) { present = mutant; }
bool Mutated(Mutant mutant) { return mutant == present; }

}  // namespace raft_cluster::internal
