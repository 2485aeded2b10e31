// Many servers in one process: several clusters side by side, and a large one.

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

class Neighbours : public ClusterTest {};

TEST_P(Neighbours, TwoClustersInOneProcessDoNotMeet) {
  std::vector<RecordedCluster*> clusters = {&NewCluster(3), &NewCluster(3)};
  for (RecordedCluster* cluster : clusters) cluster->CollectAll();
  for (int i = 0; i < 500; ++i) {
    for (RecordedCluster* cluster : clusters) {
      for (Pid pid : {1, 2, 3}) {
        ASSERT_THAT(cluster->Send(pid, kBroadcast, 50, kPatience), IsOk());
      }
    }
  }
  for (RecordedCluster* cluster : clusters) {
    EXPECT_THAT(cluster->local().WaitUntilTaken(kPatience), IsOk());
    for (Pid pid : {1, 2, 3}) {
      EXPECT_EQ((*cluster)[pid].stats().received(), 1000u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, Neighbours, AllSchemes(), SchemeName);

// Two networks in memory, the same names in both.
TEST(LoopbackNeighbours, OfTheSameConfigurationHaveNetworksOfTheirOwn) {
  LocalCluster one(2, "loopback");
  LocalCluster other(2, "loopback");
  ASSERT_THAT(one.WaitUntilUp(kPatience), IsOk());
  ASSERT_THAT(other.WaitUntilUp(kPatience), IsOk());
  ASSERT_EQ(one.config().SerializeAsString(),
            other.config().SerializeAsString());
  ASSERT_THAT(one[1].outbox().Send(2, "for one", kPatience), IsOk());
  ASSERT_THAT(other[1].outbox().Send(2, "for the other", kPatience), IsOk());
  EXPECT_EQ(one[2].inbox().Receive(kPatience)->msg(), "for one");
  EXPECT_EQ(other[2].inbox().Receive(kPatience)->msg(), "for the other");
}

// A frame of another cluster is refused, though it finds the port.
TEST(LoopbackNeighbours, OfAnotherClustersNameAreRefused) {
  LocalCluster::Setup setup;
  setup.name = "one";
  setup.late = {2};
  LocalCluster cluster(2, "loopback", setup);
  Config strange = cluster.config();
  strange.mutable_object()->set_cluster("other");
  Options options;
  options.transports = setup.transports;
  const auto stranger = Server::Start(strange, 2, options);
  ASSERT_THAT(stranger, IsOk());
  const auto refused_frames = [](const Stats& stats) {
    uint64_t count = 0;
    for (const Refusal& refusal : stats.refused_frames()) {
      if (refusal.reason() == Refusal::OTHER_CLUSTER) count += refusal.count();
    }
    return count;
  };
  EXPECT_TRUE(
      Eventually([&] { return refused_frames(cluster[1].stats()) > 0; }));
  // Both ends say why.
  for (const auto& [server, peer] :
       {std::make_pair(&cluster[1], 2), std::make_pair(stranger->get(), 1)}) {
    EXPECT_TRUE(Eventually([server = server, peer = peer] {
      return absl::StrContains(StatsOf(*server, peer).reason(),
                               "of another cluster");
    }));
  }
  EXPECT_EQ(StatsOf(cluster[1], 2).state(), PeerStats::CONNECTING);
  EXPECT_EQ(StatsOf(**stranger, 1).state(), PeerStats::CONNECTING);
}

class SixteenServers : public ClusterTest {};

TEST_P(SixteenServers, AllHearAll) {
  constexpr int kServers = 16;
  constexpr int kBroadcasts = 100;
  RecordedCluster& cluster = NewCluster(kServers);
  cluster.CollectAll();
  for (int i = 0; i < kBroadcasts; ++i) {
    for (Pid pid = 1; pid <= kServers; ++pid) {
      const auto receipt = cluster.Send(pid, kBroadcast, 50, kPatience);
      ASSERT_THAT(receipt, IsOk());
      ASSERT_EQ(receipt->accepted, kServers - 1);
    }
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(2 * kPatience), IsOk());
  for (Pid pid = 1; pid <= kServers; ++pid) {
    EXPECT_EQ(cluster[pid].stats().received(),
              uint64_t{kServers - 1} * kBroadcasts);
  }
}

INSTANTIATE_TEST_SUITE_P(Loopback, SixteenServers,
                         ::testing::Values("loopback"), SchemeName);

class Idle : public ClusterTest {
 protected:
  static void Rest(RecordedCluster& cluster, absl::Duration spell) {
    EXPECT_THAT(cluster.Receive(1, spell),
                HasCode(absl::StatusCode::kDeadlineExceeded));
  }
};

// Of this process.
rusage Usage() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

absl::Duration ProcessorTime() {
  const rusage usage = Usage();
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

TEST_P(Idle, ServersHardlyUseTheProcessor) {
  RecordedCluster& cluster = NewCluster(5);
  // The best of many spells: a virtual machine that stands still counts that
  // as work. A thread that spins would use all of each.
  constexpr absl::Duration kLittle = absl::Milliseconds(60);
  constexpr int kSpells = 100;
  absl::Duration least = absl::InfiniteDuration();
  for (int i = 0; i < kSpells && least > kLittle; ++i) {
    const absl::Duration before = ProcessorTime();
    Rest(cluster, absl::Milliseconds(300));
    least = std::min(least, ProcessorTime() - before);
  }
  EXPECT_LE(least, kLittle);
}

// Twenty links with five heartbeats a second each way, and what else it takes
// to carry them. Whoever looked for work each millisecond would wake up more
// often alone.
TEST_P(Idle, ServersWakeUpForHeartbeatsOnly) {
  RecordedCluster& cluster = NewCluster(5);
  Rest(cluster, absl::Seconds(1));  // What belongs to the start is over.
  const auto before = Usage().ru_nvcsw;
  Rest(cluster, absl::Seconds(2));
  EXPECT_LT(Usage().ru_nvcsw - before, 1500);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Idle, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
