// An account of peers, shown whole: what people see is what is tested.

#include "raft/cmd/stats_table.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

Stats TwoPeers() {
  Stats stats;
  stats.set_pid(2);
  stats.set_url("tcp://127.0.0.1:10002");
  stats.set_sent(30);
  stats.set_received(7);
  PeerStats* one = stats.add_peers();
  one->set_pid(1);
  one->set_state(PeerStats::UP);
  one->mutable_ledger()->set_offered(20);
  one->mutable_ledger()->set_accepted(20);
  one->mutable_ledger()->set_taken(20);
  one->set_received(7);
  one->set_round_trip_us(850);
  PeerStats* three = stats.add_peers();
  three->set_pid(3);
  three->set_state(PeerStats::SILENT);
  three->set_reason("not heard for 2s");
  Ledger* ledger = three->mutable_ledger();
  ledger->set_offered(16);
  ledger->set_accepted(10);
  ledger->set_skipped(6);
  ledger->set_taken(4);
  ledger->set_voided(1);
  ledger->set_in_flight(5);
  three->set_queued_bytes(1500);
  three->set_oldest_untaken_us(12'300'000);
  three->set_reconnects(2);
  Refusal* refusal = three->add_refused_frames();
  refusal->set_reason(Refusal::CHECKSUM);
  refusal->set_count(9);
  return stats;
}

TEST(ShowStats, IsATableWithWhatIsOutOfTheOrdinaryBelow) {
  EXPECT_EQ(
      ShowStats(TwoPeers()),
      "server 2 at tcp://127.0.0.1:10002: 30 sent, 7 received\n"
      " peer  state            sent      taken    queued   oldest   received  "
      "   trip\n"
      "    1  UP                 20         20       0 B        -          7  "
      " 850 us\n"
      "    3  SILENT             10          4   1.5 KiB   12.3 s          0  "
      "      -\n"
      "peer 3 is SILENT: not heard for 2s\n"
      "peer 3: 1 voided, 6 skipped, 2 reconnects, frames refused: 9 x "
      "CHECKSUM\n"
      "every ledger balances\n");
}

TEST(ShowStats, SaysWhoseLedgerDoesNotBalance) {
  Stats stats = TwoPeers();
  stats.mutable_peers(0)->mutable_ledger()->set_in_flight(1);
  EXPECT_TRUE(absl::StrContains(ShowStats(stats), "balance for 1\n"));
  stats = TwoPeers();
  stats.mutable_peers(1)->mutable_ledger()->set_offered(17);
  EXPECT_TRUE(absl::StrContains(ShowStats(stats), "balance for 3\n"));
}

TEST(ShowStats, CountsWhatNobodyCanBeBlamedFor) {
  Stats stats;
  Refusal* refusal = stats.add_refused_frames();
  refusal->set_reason(Refusal::HANDSHAKE);
  refusal->set_count(3);
  EXPECT_TRUE(absl::StrContains(ShowStats(stats),
                                "refused, of nobody known: 3 x HANDSHAKE\n"));
}

TEST(ShowStats, SaysWhatIsHeldForAllPeers) {
  Stats stats;
  stats.set_total_budget_bytes(1 << 20);
  EXPECT_FALSE(absl::StrContains(ShowStats(stats), "held")) << "nothing is";
  stats.set_total_bytes(1 << 19);
  EXPECT_TRUE(absl::StrContains(ShowStats(stats),
                                "held for all peers: 512.0 KiB of 1.0 MiB\n"))
      << ShowStats(stats);
}

TEST(ShowMicros, TakesTheUnitThatFits) {
  EXPECT_EQ(ShowMicros(0), "-");
  EXPECT_EQ(ShowMicros(999), "999 us");
  EXPECT_EQ(ShowMicros(1'250), "1.2 ms");
  EXPECT_EQ(ShowMicros(59'000'000), "59.0 s");
  EXPECT_EQ(ShowMicros(600'000'000), "10.0 min");
  EXPECT_EQ(ShowMicros(7'200'000'000), "2.0 h");
}

}  // namespace
}  // namespace raft_cluster::internal
