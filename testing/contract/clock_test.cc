// The wall clock of the process, which somebody sets back and forth. Only the
// order of a server's lives depends on it.

#include "absl/time/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/strings/match.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace {

constexpr int64_t kDaySeconds = 24 * 60 * 60;

std::atomic<int64_t> set_ahead_seconds{0};

}  // namespace

// In place of the C library's, for all that is in this process.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int rc = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (rc == 0 && clock == CLOCK_REALTIME) time->tv_sec += set_ahead_seconds;
  return rc;
}

namespace raft_cluster::internal {
namespace {

int64_t WallSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class WallClock : public ClusterTest {
 protected:
  void SetUp() override {
    const int64_t before = WallSeconds();
    set_ahead_seconds = kDaySeconds;
    ASSERT_GT(WallSeconds(), before + kDaySeconds / 2) << "it cannot be set";
    set_ahead_seconds = 0;
  }
  void TearDown() override {
    set_ahead_seconds = 0;
    ClusterTest::TearDown();
  }
};

TEST_P(WallClock, SetBackAndForthUnderLoadIsNoticedByNobody) {
  constexpr int kTimes = 300;
  RecordedCluster& cluster = NewCluster(2);
  cluster.CollectAll();
  for (const Pid pid : {1, 2}) {  // What came of the start.
    while (cluster[pid].NextEvent(absl::ZeroDuration()).ok()) {
    }
  }
  std::atomic<bool> done{false};
  std::vector<std::thread> senders;
  for (const Pid pid : {1, 2}) {
    senders.emplace_back(
        [&done, pid, sender = cluster.NewSender(pid)]() mutable {
          while (!done) {
            ASSERT_THAT(sender.Send(3 - pid, 500, kPatience), IsOk());
          }
        });
  }
  for (int i = 0; i < kTimes; ++i) {
    set_ahead_seconds = (i % 5 - 2) * kDaySeconds;
    absl::SleepFor(absl::Milliseconds(5));
  }
  done = true;
  for (std::thread& sender : senders) sender.join();
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
  for (const Pid pid : {1, 2}) {
    while (true) {
      const auto event = cluster[pid].NextEvent(absl::ZeroDuration());
      if (!event.ok()) break;
      EXPECT_TRUE(event->kind() == Event::PEER_SLOW ||
                  event->kind() == Event::PEER_UP)
          << event->ShortDebugString();
    }
  }
}

// The new life is older than its predecessor, if clocks are to be believed.
TEST_P(WallClock, SetBackBeforeARestartLetsTheNewLifeInAllTheSame) {
  RecordedCluster& cluster = NewCluster(2);
  ASSERT_THAT(cluster.Send(1, 2, 100, kPatience), IsOk());
  ASSERT_THAT(cluster.Receive(2, kPatience), IsOk());
  for (int64_t times = 1; times <= 3; ++times) {
    set_ahead_seconds = -times * kDaySeconds / 4;
    ASSERT_THAT(cluster.Restart(2), IsOk());
    ASSERT_THAT(cluster.local().WaitUntilUp(), IsOk());
    for (const Pid pid : {1, 2}) {
      ASSERT_THAT(cluster.Send(pid, 3 - pid, 100, kPatience), IsOk());
      ASSERT_THAT(cluster.Receive(3 - pid, kPatience), IsOk());
    }
  }
}

// By more than a day: what stands in the way is said at both ends, and gone
// once the clock is right.
TEST_P(WallClock, WrongByDaysKeepsAServerOutAndIsSaid) {
  RecordedCluster& cluster = NewCluster(2);
  set_ahead_seconds = -3 * kDaySeconds;
  ASSERT_THAT(cluster.Restart(2), IsOk());
  EXPECT_TRUE(Eventually([&] {
    return absl::StrContains(StatsOf(cluster[2], 1).reason(), "clock");
  }));
  const PeerStats seen = StatsOf(cluster[2], 1);
  EXPECT_EQ(seen.state(), PeerStats::CONNECTING);
  EXPECT_GT(seen.refused_frames_size(), 0);
  set_ahead_seconds = 0;
  ASSERT_THAT(cluster.Restart(2), IsOk());
  EXPECT_THAT(cluster.local().WaitUntilUp(), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Schemes, WallClock, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
