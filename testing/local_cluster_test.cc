#include "raft/testing/local_cluster.h"

#include <chrono>  // NOLINT(build/c++11)
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Server 1 is quick to call another one silent.
LocalCluster::Setup QuickToSuspect() {
  LocalCluster::Setup setup;
  setup.options = [](Pid pid) {
    Options options;
    if (pid == 1) options.failure_timeout = absl::Milliseconds(200);
    return options;
  };
  return setup;
}

PeerStats::State StateOf(const LocalCluster& cluster, Pid viewer, Pid peer) {
  const Stats stats = cluster[viewer].stats();
  for (const PeerStats& peer_stats : stats.peers()) {
    if (peer_stats.pid() == peer) return peer_stats.state();
  }
  return PeerStats::STATE_UNSPECIFIED;
}

// Until the viewer thinks so of the peer, or ten seconds.
bool WaitForState(const LocalCluster& cluster, Pid viewer, Pid peer,
                  PeerStats::State state) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (StateOf(cluster, viewer, peer) != state) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

class LocalClusterTest : public ::testing::TestWithParam<std::string> {};

TEST_P(LocalClusterTest, AllServersComeUpAndTalk) {
  LocalCluster cluster(3, GetParam());
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  EXPECT_THAT(cluster.running(), ElementsAre(1, 2, 3));
  const auto sent = cluster[1].outbox().Send(2, "hello", absl::Seconds(5));
  ASSERT_TRUE(sent.ok()) << sent.status();
  const auto got = cluster[2].inbox().Receive(absl::Seconds(5));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->msg(), "hello");
  EXPECT_EQ(cluster.WaitUntilTaken(), absl::OkStatus());
  EXPECT_EQ(cluster.CheckLedgers(), absl::OkStatus());
}

TEST_P(LocalClusterTest, ALateServerIsStartedLater) {
  LocalCluster::Setup setup;
  setup.late = {3};
  LocalCluster cluster(3, GetParam(), setup);
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  EXPECT_THAT(cluster.running(), ElementsAre(1, 2));
  EXPECT_EQ(cluster.server(3), nullptr);
  EXPECT_EQ(cluster.lives(3), 0);
  ASSERT_EQ(cluster.Start(3), absl::OkStatus());
  EXPECT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  EXPECT_EQ(cluster.lives(3), 1);
  EXPECT_EQ(cluster.CheckLedgers(), absl::OkStatus());
}

TEST_P(LocalClusterTest, ARestartedServerHasTheSameUrlAndANewLife) {
  LocalCluster cluster(2, GetParam());
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  const Stats before = cluster[2].stats();
  ASSERT_EQ(cluster.Restart(2), absl::OkStatus());
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  const Stats after = cluster[2].stats();
  EXPECT_EQ(before.url(), after.url());
  EXPECT_NE(before.incarnation().random(), after.incarnation().random());
  EXPECT_EQ(cluster.lives(2), 2);
  EXPECT_EQ(cluster.LastStats(2, 1).incarnation().random(),
            before.incarnation().random());
  EXPECT_EQ(cluster.LastStats(2, 2).incarnation().random(),
            after.incarnation().random());
  EXPECT_EQ(cluster.CheckLedgers(), absl::OkStatus());
}

TEST_P(LocalClusterTest, ACrashComesWithoutAWordAStopWithAFarewell) {
  LocalCluster cluster(3, GetParam(), QuickToSuspect());
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  ASSERT_EQ(cluster.Crash(2), absl::OkStatus());
  EXPECT_TRUE(WaitForState(cluster, 1, 2, PeerStats::SILENT));
  ASSERT_EQ(cluster.Stop(3, absl::Seconds(5)), absl::OkStatus());
  EXPECT_TRUE(WaitForState(cluster, 1, 3, PeerStats::DOWN));
  EXPECT_THAT(cluster.running(), ElementsAre(1));
  EXPECT_EQ(cluster.CheckLedgers(), absl::OkStatus());
}

TEST_P(LocalClusterTest, APausedServerIsSilentUntilItIsResumed) {
  LocalCluster cluster(2, GetParam(), QuickToSuspect());
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  ASSERT_EQ(cluster.Pause(2), absl::OkStatus());
  EXPECT_TRUE(WaitForState(cluster, 1, 2, PeerStats::SILENT));
  ASSERT_TRUE(cluster[1].outbox().TrySend(2, "while you slept").ok());
  ASSERT_EQ(cluster.Resume(2), absl::OkStatus());
  EXPECT_TRUE(WaitForState(cluster, 1, 2, PeerStats::UP));
  const auto got = cluster[2].inbox().Receive(absl::Seconds(5));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->msg(), "while you slept");
  EXPECT_EQ(cluster.lives(2), 1);
  EXPECT_EQ(cluster.CheckLedgers(), absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(Schemes, LocalClusterTest,
                         ::testing::Values("tcp", "ipc", "loopback"),
                         [](const auto& info) { return info.param; });

TEST(LocalCluster, ListensWhereItIsTold) {
  LocalCluster::Setup setup;
  setup.urls = {"loopback://here", "loopback://there"};
  const LocalCluster cluster(2, "loopback", setup);
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  EXPECT_EQ(cluster[2].url(), "loopback://there");
  setup.urls.pop_back();
  EXPECT_EQ(LocalCluster(2, "loopback", setup).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(LocalCluster, WhatCannotBeStartedIsAStatus) {
  LocalCluster unknown(2, "carrier-pigeon");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument)
      << unknown.status();
  EXPECT_EQ(unknown.WaitUntilUp(), unknown.status());
  EXPECT_EQ(unknown.CheckLedgers(), unknown.status());
  EXPECT_THAT(unknown.running(), IsEmpty());

  LocalCluster empty(0, "loopback");
  EXPECT_EQ(empty.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(LocalCluster, CallsForServersThatDoNotRunAreRefused) {
  LocalCluster cluster(1, "loopback");
  EXPECT_EQ(cluster.Start(1).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(cluster.Start(2).code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(cluster.Crash(1), absl::OkStatus());
  EXPECT_EQ(cluster.Crash(1).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(cluster.Stop(1, absl::Seconds(1)).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(cluster.Pause(1).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(cluster.Resume(1).code(), absl::StatusCode::kNotFound);
}

TEST(LocalCluster, AWaitThatFailsSaysWhoIsMissing) {
  LocalCluster cluster(2, "loopback");
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  ASSERT_TRUE(cluster[1].outbox().TrySend(2, "nobody takes this").ok());
  const absl::Status taken = cluster.WaitUntilTaken(absl::Milliseconds(10));
  EXPECT_EQ(taken.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(taken.message()), HasSubstr("1 from 1 to 2"));
  ASSERT_EQ(cluster.Pause(2), absl::OkStatus());
  ASSERT_EQ(cluster.Crash(1), absl::OkStatus());
  ASSERT_EQ(cluster.Start(1), absl::OkStatus());
  const absl::Status up = cluster.WaitUntilUp(absl::Milliseconds(10));
  EXPECT_EQ(up.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(up.message()), HasSubstr("1 sees 2 as CONNECTING"));
}

}  // namespace
}  // namespace raft_cluster::internal
