// The end of a server: what Close() does, says, and interrupts.

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <functional>
#include <future>  // NOLINT(build/c++11)
#include <string>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr int kEnvelopes = 500;
// Far less than the timeout of a call that could wait.
constexpr absl::Duration kPromptly = absl::Seconds(15);

class Close : public ClusterTest {
 protected:
  static void SendMany(RecordedCluster& cluster, Pid from, Pid to) {
    for (int i = 0; i < kEnvelopes; ++i) {
      ASSERT_THAT(cluster.Send(from, to, 100, kPatience), IsOk());
    }
  }
};

absl::Duration TimeOf(const std::function<void()>& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return absl::FromChrono(std::chrono::steady_clock::now() - begin);
}

TEST_P(Close, DrainsToLivePeers) {
  RecordedCluster& cluster = NewCluster(3);
  cluster.CollectAll();
  SendMany(cluster, 1, kBroadcast);
  EXPECT_THAT(cluster.Stop(1, kPatience), IsOk());
  const Stats stats = cluster.local().LastStats(1, 1);
  for (const PeerStats& peer : stats.peers()) {
    EXPECT_EQ(peer.ledger().taken(), uint64_t{kEnvelopes});
    EXPECT_EQ(peer.ledger().abandoned(), 0u);
  }
}

TEST_P(Close, SaysHowManyItAbandonedForWhom) {
  RecordedCluster& cluster = NewCluster(3);
  cluster.Collect(3);
  SendMany(cluster, 1, kBroadcast);
  ASSERT_TRUE(Eventually(
      [&] { return LedgerOf(cluster[1], 3).taken() == uint64_t{kEnvelopes}; }));
  const absl::Status status = cluster.Stop(1, absl::Milliseconds(200));
  EXPECT_THAT(status, HasCode(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(std::string(status.message()),
              ContainsRegex("[Ss]erver 2\\b.*\\b500\\b"));
  const Stats stats = cluster.local().LastStats(1, 1);
  EXPECT_EQ(stats.peers(0).ledger().abandoned(), uint64_t{kEnvelopes});
  EXPECT_EQ(stats.peers(1).ledger().taken(), uint64_t{kEnvelopes});
}

// It may not have met anybody yet.
TEST_P(Close, DeliversWhatWasSentRightAfterTheStart) {
  LocalCluster::Setup setup;
  setup.late = {1};
  RecordedCluster& cluster = NewCluster(2, setup);
  Options options;
  options.transports = setup.transports;
  auto server = Server::Start(cluster.local().config(), 1, options);
  ASSERT_THAT(server, IsOk());
  ASSERT_THAT((*server)->outbox().TrySend(2, "hello, and farewell"), IsOk());
  auto closed = std::async(std::launch::async,
                           [&] { return (*server)->Close(kPatience); });
  const auto received = cluster[2].inbox().Receive(kPatience);
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->msg(), "hello, and farewell");
  EXPECT_THAT(closed.get(), IsOk());
  EXPECT_EQ((*server)->stats().peers(0).ledger().taken(), 1u);
}

TEST_P(Close, WaitsNoLongerThanTheFailureTimeoutForAPeerThatIsNotThere) {
  LocalCluster::Setup setup;
  setup.late = {2};
  RecordedCluster& cluster = NewCluster(2, setup);
  SendMany(cluster, 1, 2);
  EXPECT_LT(TimeOf([&] {
              const absl::Status status = cluster.Stop(1, kPatience);
              EXPECT_THAT(status, HasCode(absl::StatusCode::kUnavailable));
              EXPECT_THAT(std::string(status.message()),
                          ContainsRegex("[Ss]erver 2\\b.*\\b500\\b"));
            }),
            kPromptly);
  EXPECT_EQ(cluster.local().LastStats(1, 1).peers(0).ledger().abandoned(),
            uint64_t{kEnvelopes});
}

// The contract's bound. A machine that stands still makes everybody late, and
// some do so most of the time: it must be kept in one of many attempts, which
// code that waits for anything else would never do.
TEST_P(Close, ReturnsByItsTimeoutWhateverItsPeersDo) {
  constexpr absl::Duration kTimeout = absl::Milliseconds(100);
  const absl::Duration kBound = kTimeout + absl::Milliseconds(50);
  constexpr int kAttempts = 100;
  for (const char* peer : {"takes nothing", "is stopped", "has crashed"}) {
    SCOPED_TRACE(peer);
    absl::Duration best = absl::InfiniteDuration();
    for (int i = 0; i < kAttempts && best > kBound; ++i) {
      RecordedCluster& cluster = NewCluster(2);
      if (peer == std::string("is stopped")) {
        ASSERT_THAT(cluster.Pause(2), IsOk());
      } else if (peer == std::string("has crashed")) {
        ASSERT_THAT(cluster.Crash(2), IsOk());
      }
      SendMany(cluster, 1, 2);
      best =
          std::min(best, TimeOf([&] {
                     EXPECT_THAT(cluster[1].Close(kTimeout),
                                 HasCode(absl::StatusCode::kDeadlineExceeded));
                   }));
    }
    EXPECT_LE(best, kBound);
  }
}

TEST_P(Close, IsSeenAsLeavingAndNotAsAFailure) {
  RecordedCluster& cluster = NewCluster(2);
  ASSERT_THAT(cluster.Stop(2, kPatience), IsOk());
  EXPECT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::DOWN; }));
  EXPECT_THAT(StatsOf(cluster[1], 2).reason(), HasSubstr("left"));
}

TEST_P(Close, OfTwoServersAtOnceMakesNeitherWaitForTheOther) {
  RecordedCluster& cluster = NewCluster(2);
  SendMany(cluster, 1, 2);
  SendMany(cluster, 2, 1);
  // Nobody takes, and after both have begun to close nobody could.
  auto other = std::async(std::launch::async,
                          [&] { return cluster[2].Close(kPatience); });
  EXPECT_LT(TimeOf([&] { cluster[1].Close(kPatience).IgnoreError(); }),
            kPromptly);
  EXPECT_LT(TimeOf([&] { other.get().IgnoreError(); }), kPromptly);
}

TEST_P(Close, AnswersTheSameASecondTimeAndToAnotherThread) {
  RecordedCluster& cluster = NewCluster(2);
  SendMany(cluster, 1, 2);
  auto other = std::async(std::launch::async, [&] {
    return cluster[1].Close(absl::Milliseconds(100));
  });
  const absl::Status first = cluster[1].Close(absl::Milliseconds(100));
  EXPECT_THAT(first, HasCode(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(other.get(), first);
  EXPECT_EQ(cluster[1].Close(kPatience), first);
}

TEST_P(Close, IsShortenedByASecondOneWithAnEarlierDeadline) {
  RecordedCluster& cluster = NewCluster(2);
  SendMany(cluster, 1, 2);  // Server 2 takes none of them.
  auto first = std::async(std::launch::async, [&] {
    return cluster[1].Close(absl::InfiniteDuration());
  });
  // It is inside by then, unless the machine is very slow indeed; then it comes
  // after, and gets the same answer.
  EXPECT_EQ(first.wait_for(std::chrono::milliseconds(50)),
            std::future_status::timeout);
  EXPECT_LT(TimeOf([&] {
              EXPECT_THAT(cluster[1].Close(absl::ZeroDuration()),
                          HasCode(absl::StatusCode::kDeadlineExceeded));
            }),
            kPromptly);
  EXPECT_THAT(first.get(), HasCode(absl::StatusCode::kDeadlineExceeded));
}

TEST_P(Close, LeavesEventsToBeFetchedWhileItDrains) {
  RecordedCluster& cluster = NewCluster(3);
  SendMany(cluster, 1, 2);  // Server 2 takes none of them.
  Server& server = cluster[1];
  auto closing = std::async(std::launch::async, [&] {
    return server.Close(absl::InfiniteDuration());
  });
  // From here on the server is closing.
  ASSERT_TRUE(Eventually([&] {
    return server.inbox().Receive(absl::ZeroDuration()).status().code() ==
           absl::StatusCode::kFailedPrecondition;
  }));
  ASSERT_THAT(cluster.Stop(3, kPatience), IsOk());
  for (;;) {
    const absl::StatusOr<Event> event = server.NextEvent(kPatience);
    ASSERT_THAT(event, IsOk()) << "server 3 has left";
    if (event->kind() == Event::PEER_LEFT && event->peer() == 3) break;
  }
  server.Close(absl::ZeroDuration()).IgnoreError();
  closing.get().IgnoreError();
}

TEST_P(Close, EndsEveryCallThatWaits) {
  LocalCluster::Setup setup = With(SmallBudgets());
  setup.late = {3};
  RecordedCluster& cluster = NewCluster(3, setup);
  while (cluster.TrySend(1, 2, 1000).ok()) {
  }
  Server& server = cluster[1];
  RecordedSender sender = cluster.NewSender(1);
  auto sends = std::async(std::launch::async, [&] {
    return sender.Send(2, 1000, absl::InfiniteDuration()).status();
  });
  const auto receive = [&] {
    return server.inbox().Receive(absl::InfiniteDuration()).status();
  };
  auto receives = std::async(std::launch::async, receive);
  auto also_receives = std::async(std::launch::async, receive);
  auto waits = std::async(std::launch::async, [&] {
    return server.WaitForPeers(2, absl::InfiniteDuration());
  });
  auto watches = std::async(std::launch::async, [&] {
    absl::StatusOr<Event> event;
    do {
      event = server.NextEvent(absl::InfiniteDuration());
    } while (event.ok());
    return event.status();
  });
  // All of them are inside, unless the machine is very slow indeed; then they
  // come after, and get the same answer.
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(50)),
            std::future_status::timeout);
  server.Close(absl::ZeroDuration()).IgnoreError();
  for (auto* call : {&sends, &receives, &also_receives, &waits, &watches}) {
    EXPECT_THAT(call->get(), HasCode(absl::StatusCode::kFailedPrecondition));
  }
}

TEST_P(Close, OfTheReceiverMakesWhatItTookFinal) {
  RecordedCluster& cluster = NewCluster(2);
  SendMany(cluster, 1, 2);
  for (int i = 0; i < kEnvelopes / 2; ++i) {
    ASSERT_THAT(cluster.Receive(2, kPatience), IsOk());
  }
  EXPECT_THAT(cluster[2].Close(kPatience), IsOk());
  EXPECT_THAT(cluster.Receive(2, absl::ZeroDuration()),
              HasCode(absl::StatusCode::kFailedPrecondition));
  ASSERT_TRUE(Eventually(
      [&] { return StatsOf(cluster[1], 2).state() == PeerStats::DOWN; }));
  EXPECT_EQ(LedgerOf(cluster[1], 2).taken(), uint64_t{kEnvelopes} / 2);
}

TEST_P(Close, IsWhatADestructorDoesAndTheAddressIsFreeAfterwards) {
  LocalCluster::Setup setup;
  setup.late = {2};
  RecordedCluster& cluster = NewCluster(2, setup);
  for (int life = 1; life <= 3; ++life) {
    Options options;
    options.transports = setup.transports;
    auto server = Server::Start(cluster.local().config(), 2, options);
    ASSERT_THAT(server, IsOk());
    ASSERT_THAT((*server)->WaitForPeers(1, kPatience), IsOk());
    EXPECT_LT(TimeOf([&] { server->reset(); }), kPromptly);
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, Close, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
