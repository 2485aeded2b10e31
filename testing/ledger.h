// Whether a server's account of itself adds up. It must at any time, so a test
// may ask in the middle of traffic; every test that runs servers asks at its
// end.
//
//   EXPECT_EQ(CheckLedgers(server->stats()), absl::OkStatus());
//
// Thread rule: any thread.
#ifndef RAFT_TESTING_LEDGER_H_
#define RAFT_TESTING_LEDGER_H_

#include "absl/status/status.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

// INTERNAL, with the server, the peer and the numbers, unless for every peer
//   accepted == taken + voided + abandoned + in_flight
//   offered == accepted + skipped + refused
//   received >= received_taken
// and the totals are the sums over the peers.
absl::Status CheckLedgers(const Stats& stats);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_LEDGER_H_
