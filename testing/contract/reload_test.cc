// A server that is given another configuration while it runs.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kClosed = absl::StatusCode::kFailedPrecondition;

// The configuration without these servers.
Config Without(Config config, const std::set<Pid>& pids) {
  auto* servers = config.mutable_object()->mutable_servers();
  servers->erase(std::remove_if(servers->begin(), servers->end(),
                                [&](const Config::Member& member) {
                                  return pids.count(member.mypid()) > 0;
                                }),
                 servers->end());
  config.mutable_object()->set_total(servers->size());
  return config;
}

Config::Member& Entry(Config& config, Pid pid) {
  auto& servers = *config.mutable_object()->mutable_servers();
  return *std::find_if(
      servers.begin(), servers.end(),
      [pid](const auto& entry) { return entry.mypid() == pid; });
}

// The next event of this kind; others are dropped.
Event Await(Server& server, Event::Kind kind) {
  for (;;) {
    const absl::StatusOr<Event> event = server.NextEvent(kPatience);
    if (!event.ok()) {
      ADD_FAILURE() << Event::Kind_Name(kind) << ": " << event.status();
      return Event();
    }
    if (event->kind() == kind) return *event;
  }
}

std::string Take(Server& server) {
  const absl::StatusOr<Received> got = server.inbox().Receive(kPatience);
  return got.ok() ? std::string(got->msg()) : got.status().ToString();
}

class Reload : public testing::TestWithParam<std::string> {};

TEST_P(Reload, AServerMoreIsCalledAndSpokenTo) {
  LocalCluster::Setup setup;
  setup.late = {3};
  setup.config_of = [](Pid pid, const Config& config) {
    return pid == 3 ? config : Without(config, {3});
  };
  LocalCluster cluster(3, GetParam(), setup);
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  EXPECT_EQ(cluster[1].peers(), std::vector<Pid>({2}));
  EXPECT_THAT(cluster[1].outbox().TrySend(3, "hello"), HasCode(kNotFound));

  ReloadReport report;
  ASSERT_THAT(cluster[1].Reload(cluster.config(), &report), IsOk());
  EXPECT_EQ(report.ToString(), "reload 1: added 3");
  EXPECT_EQ(cluster[1].peers(), std::vector<Pid>({2, 3}));
  EXPECT_EQ(Await(cluster[1], Event::PEER_ADDED).peer(), 3);
  // It waits like any peer that is not there yet.
  ASSERT_THAT(cluster[1].outbox().TrySend(3, "hello"), IsOk());
  ASSERT_THAT(cluster[2].Reload(cluster.config()), IsOk());
  ASSERT_THAT(cluster.Start(3), IsOk());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  EXPECT_EQ(Take(cluster[3]), "hello");
  ASSERT_THAT(cluster[3].outbox().TrySend(kBroadcast, "all"), IsOk());
  EXPECT_EQ(Take(cluster[1]), "all");
  EXPECT_EQ(Take(cluster[2]), "all");
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

TEST_P(Reload, AServerLessLeavesAndComesBackWithNothingTwice) {
  LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Server& one = cluster[1];
  Server& two = cluster[2];
  // Three are in the inbox of server 1, of which it takes one.
  for (const char* msg : {"a", "b", "c"}) {
    ASSERT_THAT(two.outbox().TrySend(1, msg), IsOk());
  }
  EXPECT_EQ(Take(one), "a");
  ASSERT_TRUE(Eventually([&] { return StatsOf(one, 2).received() == 3; }));

  ReloadReport report;
  ASSERT_THAT(one.Reload(Without(cluster.config(), {2}), &report), IsOk());
  EXPECT_EQ(report.ToString(), "reload 1: removed 2");
  EXPECT_EQ(one.peers(), std::vector<Pid>());
  const Event removed = Await(one, Event::PEER_REMOVED);
  EXPECT_EQ(removed.peer(), 2);
  EXPECT_EQ(removed.dropped(), 2u);
  EXPECT_THAT(one.outbox().TrySend(2, "hello"), HasCode(kNotFound));
  EXPECT_EQ(one.stats().peers_size(), 0);
  EXPECT_EQ(one.stats().received(), 3u) << "the totals never fall";
  EXPECT_THAT(one.inbox().TryReceive(), HasCode(absl::StatusCode::kUnavailable))
      << "what came of it is dropped";

  // The peer is told, and knows what was taken and what was not.
  Await(two, Event::PEER_LEFT);
  EXPECT_EQ(LedgerOf(two, 1).taken(), 1u);
  EXPECT_EQ(LedgerOf(two, 1).in_flight(), 2u);
  ASSERT_THAT(two.outbox().TrySend(1, "d"), IsOk());

  ASSERT_THAT(one.Reload(cluster.config(), &report), IsOk());
  EXPECT_EQ(report.ToString(), "reload 2: added 2");
  for (const char* msg : {"b", "c", "d"}) EXPECT_EQ(Take(one), msg);
  ASSERT_THAT(one.outbox().TrySend(2, "e"), IsOk());
  EXPECT_EQ(Take(two), "e");
  ASSERT_THAT(cluster.WaitUntilTaken(), IsOk());
  EXPECT_EQ(LedgerOf(two, 1).taken(), 4u);
  EXPECT_EQ(StatsOf(one, 2).received(), 6u) << "over all links";
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

TEST_P(Reload, WhatIsQueuedForWhoIsRemovedIsVoidAndCounted) {
  LocalCluster::Setup setup;
  setup.late = {2};
  LocalCluster cluster(2, GetParam(), setup);
  ASSERT_THAT(cluster.status(), IsOk());
  for (uint64_t id = 7; id < 10; ++id) {
    ASSERT_THAT(cluster[1].outbox().TrySend(2, "hello", id), IsOk());
  }
  ASSERT_THAT(cluster[1].Reload(Without(cluster.config(), {2})), IsOk());
  const Event removed = Await(cluster[1], Event::PEER_REMOVED);
  EXPECT_EQ(removed.count(), 3u);
  EXPECT_EQ(removed.bytes(), 15u);
  EXPECT_EQ(removed.first_id(), 7u);
  EXPECT_EQ(removed.ledger().accepted(), 3u);
  EXPECT_EQ(removed.ledger().voided(), 3u);
  EXPECT_EQ(cluster[1].stats().total_bytes(), 0u);
  EXPECT_EQ(cluster[1].stats().sent(), 3u);
}

TEST_P(Reload, WhoWaitsForRoomWithOneThatIsRemovedIsToldSo) {
  LocalCluster::Setup setup = With(SmallBudgets());
  setup.late = {2};
  LocalCluster cluster(2, GetParam(), setup);
  ASSERT_THAT(cluster.status(), IsOk());
  Server& one = cluster[1];
  const std::string msg(60000, 'x');
  while (one.outbox().TrySend(2, msg).ok()) {
  }
  absl::Status sent;
  std::thread sender(
      [&] { sent = one.outbox().Send(2, msg, kPatience).status(); });
  // The same, whether it waits already.
  ASSERT_THAT(one.Reload(Without(cluster.config(), {2})), IsOk());
  sender.join();
  EXPECT_THAT(sent, HasCode(kNotFound));
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

// The old process is closed, the file is rolled out, and the new one starts at
// the new address.
TEST_P(Reload, AServerMovesAndLosesNothing) {
  LocalCluster::Setup setup;
  setup.late = {3};
  setup.config_of = [](Pid pid, const Config& config) {
    return pid == 3 ? config : Without(config, {3});
  };
  LocalCluster cluster(3, GetParam(), setup);
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  ASSERT_THAT(cluster.Stop(2, kPatience), IsOk());
  Config moved = Without(cluster.config(), {3});
  Config full = cluster.config();
  Entry(moved, 2).set_url(Entry(full, 3).url());

  ReloadReport report;
  ASSERT_THAT(cluster[1].Reload(moved, &report), IsOk());
  EXPECT_EQ(report.ToString(), "reload 1: moved 2");
  EXPECT_EQ(Await(cluster[1], Event::PEER_MOVED).peer(), 2);
  ASSERT_THAT(cluster[1].outbox().TrySend(2, "hello"), IsOk());
  Options options;
  options.transports = setup.transports;
  const auto two = Server::Start(moved, 2, options);
  ASSERT_THAT(two, IsOk());
  EXPECT_EQ(Take(**two), "hello");
  ASSERT_THAT((*two)->outbox().TrySend(1, "here"), IsOk());
  EXPECT_EQ(Take(cluster[1]), "here");
}

TEST_P(Reload, AMistakeChangesNothing) {
  LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Server& one = cluster[1];
  Config config = cluster.config();
  config.mutable_object()->set_total(5);
  EXPECT_THAT(one.Reload(config), HasCodeAndText(kInvalid, "total"));
  EXPECT_THAT(one.Reload(Without(cluster.config(), {1})),
              HasCodeAndText(kInvalid, "mypid 1"));
  config = cluster.config();
  Entry(config, 1).set_url(GetParam() == "tcp" ? "127.0.0.1:9"
                           : GetParam() == "plain"
                               ? "plain://127.0.0.1:9"
                               : GetParam() + ":///tmp/elsewhere");
  EXPECT_THAT(one.Reload(config), HasCodeAndText(kInvalid, "url"));
  config = cluster.config();
  config.mutable_object()->set_cluster("another");
  EXPECT_THAT(one.Reload(config), HasCodeAndText(kInvalid, "another"));
  config = cluster.config();
  Entry(config, 2).set_url("");
  EXPECT_THAT(one.Reload(config), HasCodeAndText(kInvalid, "url"));
  config = cluster.config();
  Entry(config, 2).set_url(GetParam() == "tcp" ? "loopback://there"
                                               : "tcp://127.0.0.1:9");
  EXPECT_THAT(one.Reload(config), HasCodeAndText(kInvalid, "scheme"));
  config = cluster.config();
  Entry(config, 1).add_keys("1234567890123456789012345678901234567890");
  Entry(config, 2).add_keys("1234567890123456789012345678901234567891");
  EXPECT_THAT(one.Reload(config), HasCodeAndText(kInvalid, "keys"));

  ReloadReport report;
  ASSERT_THAT(one.Reload(cluster.config(), &report), IsOk());
  EXPECT_EQ(report.ToString(), "reload 1: nothing changed");
  ASSERT_THAT(one.outbox().TrySend(2, "hello"), IsOk());
  EXPECT_EQ(Take(cluster[2]), "hello");
}

TEST_P(Reload, IsForServersThatRun) {
  LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  const pid_t child = fork();
  if (child == 0) {
    _exit(cluster[1].Reload(cluster.config()).code() == kClosed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "in a forked child";
  cluster[1].Close(absl::ZeroDuration()).IgnoreError();
  EXPECT_THAT(cluster[1].Reload(cluster.config()), HasCode(kClosed));
}

TEST_P(Reload, ThreadsFollowOneAnother) {
  LocalCluster cluster(3, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  constexpr int kEach = 20;
  std::vector<std::vector<uint64_t>> numbers(2);
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < numbers.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        ReloadReport report;
        const Pid absent = 2 + (i + static_cast<int>(thread)) % 2;
        ASSERT_THAT(
            cluster[1].Reload(Without(cluster.config(), {absent}), &report),
            IsOk());
        numbers[thread].push_back(report.number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& of_thread : numbers) {
    EXPECT_TRUE(std::is_sorted(of_thread.begin(), of_thread.end()));
    all.insert(of_thread.begin(), of_thread.end());
  }
  EXPECT_EQ(all.size(), 2u * kEach);
  EXPECT_EQ(*all.rbegin(), 2u * kEach);
  ASSERT_THAT(cluster[1].Reload(cluster.config()), IsOk());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
}

// Large ones that are under way in both directions.
TEST_P(Reload, FreesWhatIsHalfSentAndHalfReceived) {
  Options options;
  options.max_envelope_bytes = size_t{32} << 20;
  options.link_budget_bytes = options.inbox_budget_bytes = size_t{64} << 20;
  LocalCluster cluster(3, GetParam(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  const std::string large(size_t{24} << 20, 'x');
  ASSERT_THAT(cluster[1].outbox().TrySend(2, large), IsOk());
  ASSERT_THAT(cluster[2].outbox().TrySend(1, large), IsOk());
  ASSERT_THAT(cluster[1].Reload(Without(cluster.config(), {2})), IsOk());
  EXPECT_EQ(cluster[1].stats().total_bytes(), 0u);
  ASSERT_THAT(cluster[3].outbox().TrySend(1, "hello"), IsOk());
  EXPECT_EQ(Take(cluster[1]), "hello");
  const Event removed = Await(cluster[1], Event::PEER_REMOVED);
  EXPECT_EQ(removed.ledger().accepted(), 1u);
  EXPECT_EQ(removed.ledger().voided() + removed.ledger().taken(), 1u);
}

// Configurations that differ are reported until all have the same.
TEST_P(Reload, TellsThePeersWhichConfigurationItHas) {
  LocalCluster cluster(3, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  ASSERT_THAT(cluster[1].Reload(Without(cluster.config(), {3})), IsOk());
  EXPECT_EQ(Await(cluster[2], Event::CONFIG_DIFFERS).peer(), 1);
  ASSERT_THAT(cluster[2].Reload(Without(cluster.config(), {3})), IsOk());
  ASSERT_THAT(cluster[1].outbox().TrySend(2, "hello"), IsOk());
  EXPECT_EQ(Take(cluster[2]), "hello");
}

INSTANTIATE_TEST_SUITE_P(Schemes, Reload, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
