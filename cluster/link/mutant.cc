#include "raft/cluster/link/mutant.h"

namespace raft {
namespace {

Mutant present = Mutant::kNone;

}  // namespace

void SetMutant(Mutant mutant) { present = mutant; }
bool Mutated(Mutant mutant) { return mutant == present; }

}  // namespace raft
