// What takes minutes. Not part of //...:
//
//   bazel test -c opt //testing/soak:soak_test

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>  // NOLINT(build/c++11)

#include "testing/cluster_test.h"

namespace raft {
namespace {

// Of this process, in bytes.
size_t ResidentBytes() {
  malloc_trim(0);
  size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

constexpr size_t kMebibyte = size_t{1} << 20;

class Soak : public testing::TestWithParam<std::string> {};

// The peer's server is of this process, too: each of the two may need its
// budget and a mebibyte.
void ExpectBoundedBy(const Options& options, size_t before) {
  EXPECT_LE(ResidentBytes(), before + options.link_budget_bytes +
                                 options.inbox_budget_bytes + 2 * kMebibyte);
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
  while (cluster[1].outbox().Send(2, "x", absl::Seconds(3)).ok()) {
  }
  ExpectBoundedBy(options, before);
  EXPECT_EQ(StatsOf(cluster[1], 2).state(), PeerStats::SLOW);
}

TEST_P(Soak, APeerThatNeverTakesCostsItsBudgetsWithTheLargestEnvelopes) {
  const Options options = TakesNothing();
  LocalCluster cluster(2, GetParam(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  const size_t before = ResidentBytes();
  const std::string large(options.max_envelope_bytes, 'x');
  while (cluster[1].outbox().Send(2, large, absl::Seconds(3)).ok()) {
  }
  ExpectBoundedBy(options, before);
  EXPECT_EQ(StatsOf(cluster[1], 2).state(), PeerStats::SLOW);
}

TEST_P(Soak, TenThousandRestartsOfAPeerLeaveTheMemoryFlat) {
  constexpr int kWarmUp = 500;
  constexpr int kRestarts = 10000;
  LocalCluster cluster(2, GetParam());
  size_t before = 0;
  for (int i = 0; i < kRestarts; ++i) {
    if (i == kWarmUp) before = ResidentBytes();
    ASSERT_THAT(cluster.Restart(2), IsOk());
    ASSERT_THAT(cluster[1].WaitForPeers(1, kPatience), IsOk());
    ASSERT_THAT(cluster[1].outbox().Send(2, "hello", kPatience), IsOk());
    ASSERT_THAT(cluster[2].inbox().Receive(kPatience), IsOk());
  }
  // Of each ended life the cluster of the test keeps the account.
  EXPECT_LE(ResidentBytes(), before + 32 * kMebibyte);
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
  const absl::Time end = absl::Now() + absl::Minutes(10);
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
  EXPECT_GT(LedgerOf(cluster[1], 2).taken(), 1000u);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Soak, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft
