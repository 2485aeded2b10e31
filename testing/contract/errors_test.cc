// Errors are values, with the code that the headers name and words that say
// what and where.

#include <string>
#include <utility>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

class Errors : public ClusterTest {};

TEST_P(Errors, SendingToOneselfIsAnInvalidArgument) {
  RecordedCluster& cluster = NewCluster(2);
  EXPECT_THAT(cluster.TrySend(1, 1, 50),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(cluster.Send(1, 1, 50, kPatience),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_P(Errors, APeersSmallerLimitIsKnownOnceItIsUp) {
  LocalCluster::Setup setup;
  setup.options = [](Pid pid) { return pid == 2 ? SmallBudgets() : Options(); };
  RecordedCluster& cluster = NewCluster(3, setup);
  const size_t limit = SmallBudgets().max_envelope_bytes;
  for (Pid to : {2, kBroadcast}) {
    EXPECT_THAT(cluster.TrySend(1, to, limit + 1),
                HasCodeAndText(absl::StatusCode::kInvalidArgument,
                               std::to_string(limit)));
  }
  // The broadcast was accepted for nobody, and server 3 has no such limit.
  EXPECT_EQ(LedgerOf(cluster[1], 3).accepted(), 0u);
  ASSERT_THAT(cluster.TrySend(1, 3, limit + 1), IsOk());
  ASSERT_THAT(cluster.TrySend(1, 2, limit), IsOk());
  EXPECT_THAT(cluster.Receive(2, kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(3, kPatience), IsOk());
}

TEST_P(Errors, AfterCloseEveryCallIsAFailedPrecondition) {
  RecordedCluster& cluster = NewCluster(2);
  ASSERT_THAT(cluster.TrySend(2, 1, 50), IsOk());
  Server& server = cluster[1];
  EXPECT_THAT(server.Close(absl::Seconds(5)), IsOk());
  const absl::StatusCode closed = absl::StatusCode::kFailedPrecondition;
  EXPECT_THAT(cluster.TrySend(1, 2, 50), HasCode(closed));
  EXPECT_THAT(cluster.TrySend(1, kBroadcast, 50), HasCode(closed));
  EXPECT_THAT(cluster.Send(1, 2, 50, kPatience), HasCode(closed));
  EXPECT_THAT(cluster.Receive(1, kPatience), HasCodeAndText(closed, "closed"));
  EXPECT_THAT(server.WaitForPeers(1, kPatience), HasCode(closed));
  // What only tells goes on telling.
  EXPECT_EQ(server.pid(), 1);
  EXPECT_EQ(server.url(), cluster[1].url());
  EXPECT_THAT(server.peers(), ::testing::ElementsAre(2));
  EXPECT_EQ(LedgerOf(server, 2).refused(), 3u);
}

TEST_P(Errors, WaitForPeersSaysWhoIsMissing) {
  LocalCluster::Setup setup;
  setup.late = {3};
  RecordedCluster& cluster = NewCluster(3, setup);
  EXPECT_THAT(cluster[1].WaitForPeers(0, absl::ZeroDuration()), IsOk());
  EXPECT_THAT(cluster[1].WaitForPeers(1, absl::ZeroDuration()), IsOk());
  EXPECT_THAT(cluster[1].WaitForPeers(2, absl::Milliseconds(50)),
              HasCodeAndText(absl::StatusCode::kDeadlineExceeded, "3"));
  for (int count : {-1, 3}) {
    EXPECT_THAT(cluster[1].WaitForPeers(count, kPatience),
                HasCode(absl::StatusCode::kInvalidArgument));
  }
  ASSERT_THAT(cluster.Start(3), IsOk());
  EXPECT_THAT(cluster[1].WaitForPeers(2, kPatience), IsOk());
}

TEST_P(Errors, StartRefusesWhatIsNotConfigured) {
  RecordedCluster& cluster = NewCluster(2);
  for (Pid pid : {3, 0, -1}) {
    EXPECT_THAT(Server::Start(cluster.local().config(), pid),
                HasCode(absl::StatusCode::kNotFound));
  }
  Config config = cluster.local().config();
  config.mutable_object()->set_total(7);
  EXPECT_THAT(Server::Start(config, 1),
              HasCodeAndText(absl::StatusCode::kInvalidArgument, "total"));
}

INSTANTIATE_TEST_SUITE_P(Schemes, Errors, AllSchemes(), SchemeName);

class OptionErrors : public ::testing::Test {
 protected:
  void ExpectRefused(const Options& options, const std::string& field) {
    LocalCluster::Setup setup;
    setup.options = [&options](Pid) { return options; };
    LocalCluster cluster(1, "loopback", setup);
    EXPECT_THAT(cluster.status(),
                HasCodeAndText(absl::StatusCode::kInvalidArgument, field));
  }
};

TEST_F(OptionErrors, EachSaysWhichOptionIsWrong) {
  Options options;
  options.link_budget_bytes = options.max_envelope_bytes + (64 << 10) - 1;
  ExpectRefused(options, "link_budget_bytes");
  options = Options();
  options.inbox_budget_bytes = options.max_envelope_bytes + (64 << 10) - 1;
  ExpectRefused(options, "inbox_budget_bytes");
  options = Options();
  options.total_budget_bytes = options.max_envelope_bytes + (64 << 10) - 1;
  ExpectRefused(options, "total_budget_bytes");
  options = Options();
  options.max_envelope_bytes = (size_t{1} << 30) + 1;
  options.link_budget_bytes = options.inbox_budget_bytes = size_t{2} << 30;
  ExpectRefused(options, "max_envelope_bytes");
  options = Options();
  options.failure_timeout = absl::Milliseconds(49);
  ExpectRefused(options, "failure_timeout");
  options = Options();
  options.idle_timeout = absl::ZeroDuration();
  ExpectRefused(options, "idle_timeout");
  options = Options();
  options.spin = absl::Milliseconds(11);
  ExpectRefused(options, "spin");
  options.spin = -absl::Nanoseconds(1);
  ExpectRefused(options, "spin");
}

}  // namespace
}  // namespace raft_cluster::internal
