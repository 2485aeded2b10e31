// Accounts a second apart, and what the plot is told of them.
#include "raft/status/history.h"

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

// A server that has accepted and received so many, `seconds` after its start.
Stats At(uint64_t seconds, uint64_t accepted, uint64_t received) {
  Stats stats;
  stats.mutable_incarnation()->set_start_us(1);
  stats.set_unix_us((1000 + seconds) * 1000000);
  PeerStats* const peer = stats.add_peers();
  peer->mutable_ledger()->set_accepted(accepted);
  peer->set_received(received);
  peer->set_sent_bytes(10 * accepted);
  peer->set_received_bytes(20 * received);
  return stats;
}

void AddDelay(Stats* stats, uint64_t up_to_us, uint64_t count) {
  Histogram::Bucket* const bucket =
      stats->mutable_peers(0)->mutable_delay()->add_buckets();
  bucket->set_up_to_us(up_to_us);
  bucket->set_count(count);
}

TEST(HistoryTest, HasTheRatesOfEachSecond) {
  History history;
  history.Add(At(0, 100, 50), absl::ZeroDuration());
  EXPECT_EQ(history.Json(0), "{\"points\":[]}");
  history.Add(At(1, 150, 60), absl::Seconds(1));
  history.Add(At(3, 150, 70), absl::Seconds(2));
  EXPECT_EQ(history.Json(0),
            "{\"points\":["
            "[1001000,50.0,10.0,500.0,200.0,null,null],"
            "[1003000,0.0,5.0,0.0,100.0,null,null]]}");
  EXPECT_EQ(history.Json(1001000),
            "{\"points\":[[1003000,0.0,5.0,0.0,100.0,null,null]]}");
}

TEST(HistoryTest, HasTheDelaysOfEachSecondAlone) {
  History history;
  Stats first = At(0, 0, 0);
  AddDelay(&first, 1000000, 500);  // Long ago.
  history.Add(first, absl::ZeroDuration());
  Stats second = At(1, 0, 0);
  AddDelay(&second, 100, 95);
  AddDelay(&second, 7000, 5);
  AddDelay(&second, 1000000, 500);
  history.Add(second, absl::Seconds(1));
  EXPECT_EQ(history.Json(0),
            "{\"points\":[[1001000,0.0,0.0,0.0,0.0,100,7000]]}");
}

TEST(HistoryTest, BeginsAnewWithEachLife) {
  History history;
  history.Add(At(0, 100, 100), absl::ZeroDuration());
  Stats next = At(1, 5, 5);
  next.mutable_incarnation()->set_start_us(2);
  history.Add(next, absl::Seconds(1));
  EXPECT_EQ(history.Json(0), "{\"points\":[]}");
}

TEST(HistoryTest, NeverShowsLessThanNothing) {
  History history;
  history.Add(At(0, 100, 100), absl::ZeroDuration());
  history.Add(At(1, 40, 100), absl::Seconds(1));
  EXPECT_EQ(history.Json(0),
            "{\"points\":[[1001000,0.0,0.0,0.0,0.0,null,null]]}");
}

// The account of a pid goes on where it was when it is back.
TEST(HistoryTest, IsNotMovedByPeersThatComeAndGo) {
  History history;
  const auto two = [](uint64_t seconds, uint64_t accepted) {
    Stats stats = At(seconds, 1000 * seconds, 0);
    PeerStats* const peer = stats.add_peers();
    *peer = At(seconds, accepted, 0).peers(0);
    peer->set_pid(2);
    return stats;
  };
  history.Add(two(0, 5000000), absl::ZeroDuration());
  history.Add(At(1, 1000, 0), absl::Seconds(1));
  history.Add(two(2, 5000000), absl::Seconds(1));
  history.Add(two(3, 5000007), absl::Seconds(1));
  EXPECT_EQ(history.Json(0),
            "{\"points\":["
            "[1001000,1000.0,0.0,10000.0,0.0,null,null],"
            "[1002000,1000.0,0.0,10000.0,0.0,null,null],"
            "[1003000,1007.0,0.0,10070.0,0.0,null,null]]}");
}

TEST(HistoryTest, KeepsTenMinutes) {
  History history;
  for (uint64_t second = 0; second <= 5000; ++second) {
    history.Add(At(second, second, 0), absl::Seconds(1));
  }
  const std::string json = history.Json(0);
  EXPECT_EQ(json.substr(0, 21), "{\"points\":[[5401000,1");
  EXPECT_LT(json.size(), 50000u);
}

}  // namespace
}  // namespace raft_cluster::internal
