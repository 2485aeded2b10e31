// What the outbox answers to an accepted envelope.
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_RECEIPT_H_
#define RAFT_CLUSTER_RECEIPT_H_

#include "raft/base/pid.h"

namespace raft_cluster {

struct Receipt {
  // For how many peers it was accepted.
  int accepted = 0;
  // How many it passed by: a broadcast skips a peer that is not live and whose
  // queue is full.
  int skipped = 0;
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_RECEIPT_H_
