// Answers of several servers, one round after the other.

#include "raft/cmd/top/collector.h"

#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "raft/cmd/top/testing_status_port.h"

namespace raft_cluster::internal {
namespace {

Stats At(uint64_t unix_us, uint64_t sent, uint64_t bytes) {
  Stats stats = StatsOf(2, {PeerStats::UP});
  stats.set_unix_us(unix_us);
  stats.set_sent(sent);
  stats.mutable_peers(0)->set_sent_bytes(bytes);
  return stats;
}

TEST(Collector, HasRatesFromOneAnswerToTheNext) {
  Collector collector({"a"});
  collector.Add(1, {At(1'000'000, 100, 5'000)});
  EXPECT_FALSE(collector.Collect().servers(0).has_rates());
  collector.Add(2, {At(3'000'000, 300, 9'000)});
  const ClusterStatus status = collector.Collect();
  EXPECT_DOUBLE_EQ(status.servers(0).rates().sent(), 100);
  EXPECT_DOUBLE_EQ(status.servers(0).rates().sent_bytes(), 2'000);
}

TEST(Collector, HasNoRatesAcrossARestart) {
  Collector collector({"a"});
  collector.Add(1, {At(1'000'000, 100, 0)});
  Stats anew = At(2'000'000, 3, 0);
  anew.mutable_incarnation()->set_random(2);
  collector.Add(2, {anew});
  EXPECT_FALSE(collector.Collect().servers(0).has_rates());
}

// The account of a pid goes on where it was when it is back.
TEST(Collector, IsNotMovedByPeersThatComeAndGo) {
  Collector collector({"a"});
  const auto with = [](uint64_t unix_us, uint64_t bytes) {
    Stats stats = At(unix_us, 0, bytes);
    PeerStats* const other = stats.add_peers();
    other->set_pid(9);
    other->set_sent_bytes(1'000'000);
    auto* const bucket = other->mutable_delay()->add_buckets();
    bucket->set_up_to_us(5);
    bucket->set_count(1'000);
    return stats;
  };
  collector.Add(1, {with(1'000'000, 1'000)});
  collector.Add(2, {At(2'000'000, 0, 2'000)});
  EXPECT_DOUBLE_EQ(collector.Collect().servers(0).rates().sent_bytes(), 1'000);
  collector.Add(3, {with(3'000'000, 4'000)});
  EXPECT_DOUBLE_EQ(collector.Collect().servers(0).rates().sent_bytes(), 2'000);
  EXPECT_FALSE(collector.Collect().servers(0).has_delay());
}

void AddDelays(Stats& stats, uint64_t up_to_us, uint64_t count) {
  auto* const bucket = stats.mutable_peers(0)->mutable_delay()->add_buckets();
  bucket->set_up_to_us(up_to_us);
  bucket->set_count(count);
}

TEST(Collector, HasDelaysOfTheTimeSinceTheAnswerBefore) {
  Collector collector({"a"});
  Stats before = At(1'000'000, 0, 0);
  AddDelays(before, 5, 1'000'000);
  AddDelays(before, 79, 10);
  collector.Add(1, {before});
  EXPECT_FALSE(collector.Collect().servers(0).has_delay());
  Stats now = At(2'000'000, 0, 0);
  AddDelays(now, 5, 1'000'000);
  AddDelays(now, 79, 10 + 98);
  AddDelays(now, 127, 1);
  AddDelays(now, 1023, 1);
  collector.Add(2, {now});
  ClusterStatus status = collector.Collect();
  EXPECT_EQ(status.servers(0).delay().count(), 100u);
  EXPECT_EQ(status.servers(0).delay().p50_us(), 79u);
  EXPECT_EQ(status.servers(0).delay().p99_us(), 127u);

  now.set_unix_us(3'000'000);
  collector.Add(3, {now});
  EXPECT_FALSE(collector.Collect().servers(0).has_delay()) << "none since";
}

TEST(Collector, PutsThoseInTroubleFirst) {
  Collector collector({"a", "b", "c", "d"});
  const auto up = PeerStats::UP;
  collector.Add(1, {StatsOf(1, {up, up, up, up}),
                    StatsOf(2, {up, up, PeerStats::SLOW, up}),
                    StatsOf(3, {up, PeerStats::SILENT, up, up}),
                    absl::UnavailableError("nobody listens there")});
  const ClusterStatus status = collector.Collect();
  EXPECT_EQ(status.servers(0).status_url(), "d");
  EXPECT_EQ(status.servers(0).error(), "nobody listens there");
  EXPECT_EQ(status.servers(1).stats().pid(), 3);
  EXPECT_EQ(status.servers(2).stats().pid(), 2);
  EXPECT_EQ(status.servers(3).stats().pid(), 1);
}

TEST(Collector, KnowsOneThatIsGoneAndComesBack) {
  Collector collector({"a"});
  collector.Add(1, {At(1'000'000, 1, 0)});
  collector.Add(2, {absl::UnavailableError("gone")});
  EXPECT_EQ(collector.Collect().servers(0).error(), "gone");
  EXPECT_EQ(collector.Collect().servers(0).stats().pid(), 2);
  collector.Add(3, {absl::CancelledError("a key was pressed")});
  EXPECT_EQ(collector.Collect().servers(0).error(), "gone");
  collector.Add(4, {At(2'000'000, 1, 0)});
  EXPECT_EQ(collector.Collect().servers(0).error(), "");
}

}  // namespace
}  // namespace raft_cluster::internal
