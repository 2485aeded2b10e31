#include "raft/cluster/loop_fd.h"

#include <poll.h>
#include <sys/resource.h>

#include <chrono>  // NOLINT(build/c++11)

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/cluster/engine/level_fd.h"

namespace raft_cluster::internal {
namespace {

constexpr int kPatienceMs = 20000;

bool Readable(int number, int timeout_ms = 0) {
  pollfd fd = {number, POLLIN, 0};
  return poll(&fd, 1, timeout_ms) == 1;
}

absl::Duration Now() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

TEST(LoopFdTest, IsReadableWhileOneOfTheOthersIs) {
  LevelFd one, two;
  LoopFd loop;
  const absl::StatusOr<int> number = loop.Open({*one.Open(), *two.Open()});
  ASSERT_TRUE(number.ok()) << number.status();
  EXPECT_EQ(loop.number(), *number);
  EXPECT_FALSE(Readable(*number));
  for (LevelFd* fd : {&one, &two}) {
    fd->Show(true);
    EXPECT_TRUE(Readable(*number));
    EXPECT_TRUE(Readable(*number)) << "level-triggered";
    fd->Show(false);
    EXPECT_FALSE(Readable(*number));
  }
}

TEST(LoopFdTest, IsReadableFromItsAlarmOnUntilThatIsSetAnew) {
  LoopFd loop;
  const int number = *loop.Open({});
  const absl::Duration time = Now() + absl::Milliseconds(20);
  loop.SetAlarm(time);
  EXPECT_TRUE(Readable(number, kPatienceMs));
  EXPECT_GE(Now(), time) << "not before its time";
  EXPECT_TRUE(Readable(number));
  loop.SetAlarm(time);
  EXPECT_TRUE(Readable(number)) << "the same again";
  loop.SetAlarm(Now() + absl::Hours(1));
  EXPECT_FALSE(Readable(number));
  loop.SetAlarm(absl::ZeroDuration());
  EXPECT_TRUE(Readable(number, kPatienceMs));
  loop.SetAlarm(absl::InfiniteDuration());
  EXPECT_FALSE(Readable(number));
  loop.SetAlarm(-absl::Seconds(1));
  EXPECT_TRUE(Readable(number, kPatienceMs));
}

// One is enough for the first of the two that it needs.
TEST(LoopFdTest, SaysWhereTooFewAreLeft) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  LevelFd next;
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(*next.Open()) + 2;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  LoopFd loop;
  const absl::Status status = loop.Open({}).status();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(loop.is_open());
  EXPECT_TRUE(loop.Open({}).ok()) << "once there are some again";
}

}  // namespace
}  // namespace raft_cluster::internal
