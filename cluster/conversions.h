// What the engine hands out, as what users get.
//
// Thread rule: functions of values.
#ifndef RAFT_CLUSTER_CONVERSIONS_H_
#define RAFT_CLUSTER_CONVERSIONS_H_

#include <utility>

#include "absl/status/statusor.h"
#include "raft/cluster/engine/delivery.h"
#include "raft/cluster/receipt.h"
#include "raft/cluster/received.h"

namespace raft_cluster::internal {

inline Received ToReceived(Delivery&& delivery) {
  return Received(delivery.from, delivery.to, delivery.id, delivery.incarnation,
                  delivery.msg, std::move(delivery.pin));
}

inline absl::StatusOr<Receipt> ToReceipt(
    const absl::StatusOr<Acceptance>& acceptance) {
  if (!acceptance.ok()) return acceptance.status();
  return Receipt{acceptance->accepted, acceptance->skipped};
}

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_CONVERSIONS_H_
