#include "raft/cluster/engine/level_fd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

bool Readable(int number) {
  pollfd fd = {number, POLLIN, 0};
  return poll(&fd, 1, 0) == 1;
}

TEST(LevelFdTest, IsReadableWhileTheConditionHolds) {
  LevelFd fd;
  const absl::StatusOr<int> number = fd.Open();
  ASSERT_TRUE(number.ok()) << number.status();
  EXPECT_FALSE(Readable(*number));
  for (int i = 0; i < 3; ++i) {
    for (int again = 0; again < 2; ++again) {
      fd.Show(true);
      EXPECT_TRUE(Readable(*number));
      EXPECT_TRUE(Readable(*number));
    }
    for (int again = 0; again < 2; ++again) {
      fd.Show(false);
      EXPECT_FALSE(Readable(*number));
    }
  }
}

TEST(LevelFdTest, IsMadeOnceAndNotBeforeItIsAskedFor) {
  LevelFd fd;
  fd.Show(true);
  EXPECT_FALSE(fd.is_open());
  const absl::StatusOr<int> number = fd.Open();
  ASSERT_TRUE(number.ok()) << number.status();
  EXPECT_TRUE(fd.is_open());
  EXPECT_EQ(*fd.Open(), *number);
  EXPECT_NE(fcntl(*number, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(LevelFdTest, IsClosedWithItsOwner) {
  int number = -1;
  {
    LevelFd fd;
    number = *fd.Open();
  }
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

TEST(LevelFdTest, SaysWhereThereIsNoneLeft) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  LevelFd fd;
  const absl::Status status = fd.Open().status();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("ulimit -n"));
  EXPECT_FALSE(fd.is_open());
  EXPECT_TRUE(fd.Open().ok()) << "once there is one again";
}

}  // namespace
}  // namespace raft_cluster::internal
