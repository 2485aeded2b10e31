// What programs do at their start, and lines to a stderr that nobody reads.
#include "raft/cmd/program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

ABSL_FLAG(int, some_time, 0, "for a test");

namespace raft_cluster::internal {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(PrepareStreams, RaisesTheSoftLimitOfDescriptors) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  PrepareStreams();
  rlimit after;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(after.rlim_max, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(InFlags, NamesTheFlagsThatThereAre) {
  EXPECT_EQ(InFlags("Options::some_time is 1ms, and Options::some_time too"),
            "--some_time is 1ms, and --some_time too");
  EXPECT_EQ(InFlags("the queue is full (Options::no_flag); wait"),
            "the queue is full; wait");
  EXPECT_EQ(InFlags("Options::no_flag is 3"), "no_flag is 3");
  EXPECT_EQ(InFlags("no (Options::no_flag is 3)"), "no (no_flag is 3)");
  EXPECT_EQ(InFlags("(Options::"), "(");
  EXPECT_EQ(InFlags(""), "");
}

std::string ReadAll(int fd) {
  std::string all;
  char buffer[4096];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size <= 0) return all;
    all.append(buffer, static_cast<size_t>(size));
  }
}

// The one test that says anything: Say() keeps the stderr it has seen first.
TEST(Say, WaitsForNobodyAndSaysWhatIsMissing) {
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  ASSERT_EQ(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
  const int tests_own = dup(STDERR_FILENO);
  dup2(fds[1], STDERR_FILENO);
  const std::string line(1000, 'x');
  const absl::Time start = absl::Now();
  for (int i = 0; i < 1000; ++i) Say(absl::StrCat(i, " ", line));
  const absl::Duration took = absl::Now() - start;
  const std::string first = ReadAll(fds[0]);
  Say("again");
  const std::string second = ReadAll(fds[0]);
  dup2(tests_own, STDERR_FILENO);
  close(tests_own);

  // It waited once. Without an end to that it would not be here.
  EXPECT_LT(took, absl::Seconds(60));
  EXPECT_THAT(first, StartsWith("0 x"));
  EXPECT_THAT(second,
              HasSubstr(" lines were left out, as nobody read them)\n"));
  EXPECT_THAT(second, EndsWith("\nagain\n"));
  // Every line is whole: what had begun goes on.
  for (const char c : first + second) {
    ASSERT_TRUE(c == 'x' || c == '\n' || c == ' ' || isprint(c)) << int{c};
  }
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace raft_cluster::internal
