#include "raft/testing/ledger.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {
namespace {

absl::Status Unbalanced(const Stats& stats, absl::string_view what,
                        const google::protobuf::Message& where) {
  return absl::InternalError(absl::StrCat("server ", stats.pid(), ": ", what,
                                          ": ", where.ShortDebugString()));
}

}  // namespace

absl::Status CheckLedgers(const Stats& stats) {
  uint64_t sent = stats.former_sent();
  uint64_t received = stats.former_received();
  for (const PeerStats& peer : stats.peers()) {
    const Ledger& ledger = peer.ledger();
    sent += ledger.accepted();
    received += peer.received();
    if (ledger.accepted() != ledger.taken() + ledger.voided() +
                                 ledger.abandoned() + ledger.in_flight()) {
      return Unbalanced(
          stats, "accepted != taken + voided + abandoned + in_flight", peer);
    }
    if (ledger.offered() !=
        ledger.accepted() + ledger.skipped() + ledger.refused()) {
      return Unbalanced(stats, "offered != accepted + skipped + refused", peer);
    }
    if (peer.received() < peer.received_taken()) {
      return Unbalanced(stats, "received < received_taken", peer);
    }
  }
  if (stats.sent() != sent || stats.received() != received) {
    return Unbalanced(stats, "the totals are not the sums of the peers'",
                      stats);
  }
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal
