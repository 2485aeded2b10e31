// Threads that wait in a server are called out of it, and its peers notice
// nothing.
#include <functional>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/time/clock.h"
#include "raft/cluster/handler.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr auto kCancelled = absl::StatusCode::kCancelled;

class Interrupt : public testing::TestWithParam<std::string> {};

// Room for one large envelope.
LocalCluster::Setup Small() {
  Options options;
  options.max_envelope_bytes = 1 << 20;
  options.link_budget_bytes = (1 << 20) + (64 << 10);
  return With(options);
}

class Silent : public Handler {
 public:
  void OnEnvelope(Context&, const Received&) override {}
};

TEST_P(Interrupt, EndsEachCallThatWaits) {
  const LocalCluster cluster(3, GetParam(), Small());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Server& server = cluster[1];
  const std::string large(1 << 20, 'x');
  ASSERT_THAT(server.outbox().TrySend(2, large), IsOk());
  Silent silent;
  std::vector<Received> batch;
  const std::vector<std::function<absl::Status()>> calls = {
      [&] { return server.outbox().Send(2, large, kPatience).status(); },
      [&] { return server.inbox().Receive(kPatience).status(); },
      [&] {
        return server.inbox().ReceiveBatch(kPatience, 10, batch).status();
      },
      [&] {
        absl::Status status;
        while (status.ok()) status = server.NextEvent(kPatience).status();
        return status;
      },
      [&] { return raft_cluster::Run(server, silent); },
  };
  std::vector<std::thread> threads;
  for (const auto& call : calls) {
    threads.emplace_back([&call] {
      EXPECT_EQ(call().code(), kCancelled);
      EXPECT_EQ(call().code(), kCancelled) << "once more";
    });
  }
  server.Interrupt();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server.WaitForPeers(2, kPatience).code(), kCancelled);
  EXPECT_THAT(server.inbox().TryReceive(), HasCode(kCancelled));
  EXPECT_THAT(server.inbox().TryReceiveBatch(10, batch), HasCode(kCancelled));
  EXPECT_THAT(server.TryNextEvent(), HasCode(kCancelled));
}

TEST_P(Interrupt, SaysNothingToPeersAndGivesNothingUp) {
  Options options;
  options.failure_timeout = kShortFailureTimeout;
  const LocalCluster cluster(2, GetParam(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  cluster[1].Interrupt();
  EXPECT_THAT(cluster[1].outbox().TrySend(2, "before"), IsOk());
  const auto got = cluster[2].inbox().Receive(kPatience);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->msg(), "before");
  absl::SleepFor(2 * kShortFailureTimeout);
  EXPECT_EQ(StatsOf(cluster[2], 1).state(), PeerStats::UP);

  // And what is in the outbox goes out at Close(), as ever.
  EXPECT_THAT(cluster[1].outbox().TrySend(2, "last"), IsOk());
  std::thread thread([&] {
    const auto last = cluster[2].inbox().Receive(kPatience);
    EXPECT_THAT(last, IsOk());
  });
  EXPECT_THAT(cluster[1].Close(kPatience), IsOk());
  thread.join();
}

TEST_P(Interrupt, EndsACloseThatDrains) {
  const LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  EXPECT_THAT(cluster[1].outbox().TrySend(2, "nobody takes this"), IsOk());
  std::thread thread(
      [&] { EXPECT_EQ(cluster[1].Close(kPatience).code(), kCancelled); });
  // Until it drains: then the outbox is closed.
  ASSERT_TRUE(
      Eventually([&] { return !cluster[1].outbox().TrySend(2, "").ok(); }));
  cluster[1].Interrupt();
  thread.join();
  EXPECT_EQ(StatsOf(cluster[1], 2).ledger().in_flight(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Interrupt, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
