// Rules of the protocol that tests can take out, one at a time, to show that
// they would be missed. In all but the build for those tests (RAFT_MUTANTS)
// nothing can be taken out, and Mutated() is a constant.
//
// Thread rule: SetMutant() while no link is in use; Mutated() from any thread.
#ifndef RAFT_CLUSTER_LINK_MUTANT_H_
#define RAFT_CLUSTER_LINK_MUTANT_H_

namespace raft_cluster::internal {

enum class Mutant {
  kNone,
  kRepeatsAreDelivered,      // No deduplication.
  kAcksOfAnySession,         // Also those meant for a former life of ours.
  kGapsArePassedOver,        // No reordering.
  kOldLivesMaySpeak,         // No fencing.
  kLastFrameIsNotSentAgain,  // Only losses within the stream are repaired.
  kCreditIsIgnored,          // By sender and receiver.
  kChecksumsAreNotLookedAt,  // Damage passes.
  kReceivedCountsAsTaken,    // Acknowledged on receipt.
};

#ifdef RAFT_MUTANTS
void SetMutant(Mutant mutant);
bool Mutated(Mutant mutant);
#else
constexpr bool Mutated(Mutant) { return false; }
#endif

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_MUTANT_H_
