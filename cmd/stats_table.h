// A server's account as a table, for people: at most 80 columns where the
// figures are not enormous.
//
// Thread rule: functions of values.
#ifndef RAFT_CMD_STATS_TABLE_H_
#define RAFT_CMD_STATS_TABLE_H_

#include <cstdint>
#include <string>

#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

// Two rows of figures would say the same of a healthy peer in a hundred
// columns: what is mostly 0 (voided, reconnects, refusals ...) is said below
// the table, in words, of the peers for which it is not. The last line says
// whether every ledger balances (stats.proto).
std::string ShowStats(const Stats& stats);

// "850 us", "1.3 ms", "2.0 s", "5.0 min", "3.1 h"; "-" for 0.
std::string ShowMicros(uint64_t us);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_STATS_TABLE_H_
