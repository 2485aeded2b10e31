// What takes minutes. Not part of //...:
//
//   bazel test -c opt //testing/soak:soak_test
//
// and shorter, where that will do:
//
//   bazel test ... --test_env=SOAK_RESTARTS=2000 --test_env=SOAK_SECONDS=120

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>  // NOLINT(build/c++11)

#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

// Of this process, in bytes.
size_t ResidentBytes() {
  malloc_trim(0);
  size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

constexpr size_t kMebibyte = size_t{1} << 20;

// Says what was measured, besides what is expected of it.
void Note(const std::string& name, size_t bytes, size_t bound) {
  std::cout << name << ": " << bytes / 1024 << " KiB, at most " << bound / 1024
            << std::endl;
}

int FromEnvironment(const char* name, int otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

class Soak : public testing::TestWithParam<std::string> {};

// The peer's server is of this process, too: each of the two may need its
// budget and a mebibyte.
void ExpectBoundedBy(const Options& options, size_t before) {
  const size_t bound =
      options.link_budget_bytes + options.inbox_budget_bytes + 2 * kMebibyte;
  const size_t grown = ResidentBytes() - before;
  Note("grown", grown, bound);
  EXPECT_LE(grown, bound);
}

// By then the peer has all that it takes in.
void ExpectSlow(const Server& server) {
  EXPECT_TRUE(Eventually(
      [&] { return StatsOf(server, 2).state() == PeerStats::SLOW; }));
}

Options TakesNothing() {
  Options options;
  options.max_envelope_bytes = 10 * kMebibyte;
  options.link_budget_bytes = options.inbox_budget_bytes = 64 * kMebibyte;
  return options;
}

TEST_P(Soak, APeerThatNeverTakesCostsItsBudgetsWithTheSmallestEnvelopes) {
  const Options options = TakesNothing();
  LocalCluster cluster(2, GetParam(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  const size_t before = ResidentBytes();
  while (cluster[1].outbox().TrySend(2, "x").ok()) {
  }
  ExpectSlow(cluster[1]);
  ExpectBoundedBy(options, before);
}

TEST_P(Soak, APeerThatNeverTakesCostsItsBudgetsWithTheLargestEnvelopes) {
  const Options options = TakesNothing();
  LocalCluster cluster(2, GetParam(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  const std::string large(options.max_envelope_bytes, 'x');
  const size_t before = ResidentBytes();
  while (cluster[1].outbox().TrySend(2, large).ok()) {
  }
  ExpectSlow(cluster[1]);
  ExpectBoundedBy(options, before);
}

TEST_P(Soak, TenThousandRestartsOfAPeerLeaveTheMemoryFlat) {
  constexpr int kWarmUp = 500;
  const int restarts = FromEnvironment("SOAK_RESTARTS", 10000);
  LocalCluster cluster(2, GetParam());
  size_t before = 0;
  for (int i = 0; i < kWarmUp + restarts; ++i) {
    if (i == kWarmUp) before = ResidentBytes();
    const absl::Time start = absl::Now();
    ASSERT_THAT(cluster.Restart(2), IsOk());
    ASSERT_THAT(cluster[1].WaitForPeers(1, kPatience), IsOk());
    ASSERT_THAT(cluster[1].outbox().Send(2, "hello", kPatience), IsOk());
    ASSERT_THAT(cluster[2].inbox().Receive(kPatience), IsOk());
    // A connection that does not last as long as the next pause between
    // attempts is dialled more and more rarely: one that was, has to last for
    // once.
    const bool rarely = absl::Now() - start > absl::Milliseconds(250);
    absl::SleepFor(absl::Milliseconds(rarely ? 1100 : 105));
    if (i % 1000 == 0) {
      std::cout << i << " restarts, " << ResidentBytes() / 1024 << " KiB"
                << std::endl;
    }
  }
  // No credit has drifted away: several windows go through as ever.
  std::thread taking([&] {
    while (cluster[2].inbox().Receive(kPatience).ok()) {
    }
  });
  const std::string msg(100000, 'x');
  for (int i = 0; i < 2000; ++i) {
    ASSERT_THAT(cluster[1].outbox().Send(2, msg, kPatience), IsOk());
  }
  EXPECT_THAT(cluster.WaitUntilTaken(kPatience), IsOk());
  EXPECT_THAT(cluster[2].Close(kPatience), IsOk());
  taking.join();
  // Of each ended life the cluster of the test keeps the account.
  const size_t bound = 32 * kMebibyte;
  const size_t now = ResidentBytes();
  const size_t grown = now < before ? 0 : now - before;
  Note("grown", grown, bound);
  EXPECT_LE(grown, bound);
}

// Ten minutes of 100 MB envelopes, and of small ones between them.
TEST_P(Soak, NobodyIsTakenForSilentUnderFullLoad) {
  constexpr size_t kLarge = size_t{100} << 20;
  Options options;
  options.max_envelope_bytes = kLarge;
  options.link_budget_bytes = options.inbox_budget_bytes = 3 * kLarge;
  LocalCluster cluster(2, GetParam(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  std::atomic<bool> stop{false};
  const auto send = [&](size_t bytes) {
    const std::string msg(bytes, 'x');
    while (!stop) {
      (void)cluster[1].outbox().Send(2, msg, absl::Milliseconds(100));
    }
  };
  std::thread large(send, kLarge), small(send, 100);
  std::thread taking([&] {
    while (!stop) (void)cluster[2].inbox().Receive(absl::Milliseconds(100));
  });
  const absl::Duration duration =
      absl::Seconds(FromEnvironment("SOAK_SECONDS", 600));
  const absl::Time end = absl::Now() + duration;
  while (absl::Now() < end) {
    for (Pid pid : {1, 2}) {
      const auto event = cluster[pid].NextEvent(absl::Milliseconds(100));
      if (event.ok()) {
        EXPECT_NE(event->kind(), Event::PEER_SILENT) << pid;
        EXPECT_NE(event->kind(), Event::PEER_RECONNECTED) << pid;
      }
    }
  }
  stop = true;
  large.join();
  small.join();
  taking.join();
  const uint64_t taken = LedgerOf(cluster[1], 2).taken();
  std::cout << taken << " envelopes" << std::endl;
  EXPECT_GT(taken, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Soak, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
