#include "raft/transport/net/poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class PollerTest : public testing::Test {
 protected:
  std::vector<uint64_t> Keys() {
    std::vector<uint64_t> cookies;
    alarm_ = events_->Collect(cookies);
    return cookies;
  }
  // Whether Wait() returns long before its time is over.
  bool ReturnsAtOnce() {
    const Clock::time_point begin = Clock::now();
    events_->Wait(absl::Seconds(60));
    return Clock::now() - begin < std::chrono::seconds(30);
  }

  const std::unique_ptr<Poller> events_ = Poller::Create().value();
  bool alarm_ = false;
};

TEST_F(PollerTest, ReportsAKeyForAsLongAsThereIsSomethingToRead) {
  const int fd = eventfd(0, EFD_NONBLOCK);
  ASSERT_TRUE(events_->Add(fd, 7));
  EXPECT_THAT(Keys(), IsEmpty());
  eventfd_write(fd, 1);
  EXPECT_TRUE(ReturnsAtOnce());
  EXPECT_THAT(Keys(), ElementsAre(7));
  EXPECT_THAT(Keys(), ElementsAre(7));
  EXPECT_TRUE(ReturnsAtOnce());
  events_->Remove(fd);
  EXPECT_THAT(Keys(), IsEmpty());
  EXPECT_FALSE(events_->Add(-1, 8));
  close(fd);
}

TEST_F(PollerTest, MissesNothingOfWhatComesAfterAWait) {
  const int first = eventfd(1, EFD_NONBLOCK);
  const int second = eventfd(0, EFD_NONBLOCK);
  ASSERT_TRUE(events_->Add(first, 1));
  ASSERT_TRUE(events_->Add(second, 2));
  EXPECT_TRUE(ReturnsAtOnce());
  eventfd_write(second, 1);
  EXPECT_THAT(Keys(), ElementsAre(1));
  EXPECT_THAT(Keys(), UnorderedElementsAre(1, 2));
  // What a Wait() saw may be gone when it is collected.
  EXPECT_TRUE(ReturnsAtOnce());
  events_->Remove(first);
  EXPECT_THAT(Keys(), ElementsAre(2));
  events_->Remove(second);
  EXPECT_THAT(Keys(), IsEmpty());
  close(first);
  close(second);
}

TEST_F(PollerTest, ReportsAllKeysHoweverMany) {
  std::vector<int> fds;
  for (uint64_t cookie = 0; cookie < 500; ++cookie) {
    fds.push_back(eventfd(1, EFD_NONBLOCK));
    ASSERT_TRUE(events_->Add(fds.back(), cookie));
  }
  EXPECT_THAT(Keys(), SizeIs(500));
  for (const int fd : fds) {
    events_->Remove(fd);
    close(fd);
  }
}

TEST_F(PollerTest, AnAlarmEndsAWaitOnce) {
  // Taken first: whoever is held up between the two would see it come early.
  const Clock::time_point begin = Clock::now();
  events_->SetAlarm(begin + std::chrono::milliseconds(20));
  while (!alarm_ && Clock::now() - begin < std::chrono::seconds(30)) {
    EXPECT_TRUE(ReturnsAtOnce());
    Keys();
  }
  EXPECT_TRUE(alarm_);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(19));
  Keys();
  EXPECT_FALSE(alarm_);
  // One that is taken back never comes, one in the past comes at once.
  events_->SetAlarm(Clock::now() + std::chrono::milliseconds(20));
  events_->SetAlarm(Clock::time_point::max());
  events_->Wait(absl::Milliseconds(60));
  Keys();
  EXPECT_FALSE(alarm_);
  events_->SetAlarm(Clock::time_point());
  EXPECT_TRUE(ReturnsAtOnce());
  Keys();
  EXPECT_TRUE(alarm_);
}

TEST_F(PollerTest, AWakeUpEndsOneWait) {
  events_->Wake();
  events_->Wake();
  EXPECT_TRUE(ReturnsAtOnce());
  const Clock::time_point begin = Clock::now();
  events_->Wait(absl::Milliseconds(30));
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(29));
}

TEST_F(PollerTest, StirringEndsAllWaitsUntilItIsSettled) {
  std::thread([this] { events_->Stir(); }).join();
  EXPECT_TRUE(ReturnsAtOnce());
  EXPECT_TRUE(ReturnsAtOnce());
  events_->Settle();
  events_->Wait(absl::ZeroDuration());  // May be left from Stir().
  const Clock::time_point begin = Clock::now();
  events_->Wait(absl::Milliseconds(30));
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(29));
}

TEST_F(PollerTest, ReportsWhatCanBeWrittenToWhereThatIsAskedFor) {
  const int fd = eventfd(0, EFD_NONBLOCK);  // It can be, and not be read.
  ASSERT_TRUE(events_->Add(fd, 7));
  EXPECT_THAT(Keys(), IsEmpty());
  events_->Change(fd, 7, /*writable=*/true);
  EXPECT_TRUE(ReturnsAtOnce());
  EXPECT_THAT(Keys(), ElementsAre(7));
  events_->Change(fd, 7, /*writable=*/false);
  EXPECT_THAT(Keys(), IsEmpty());
  events_->Remove(fd);
  close(fd);
}

TEST_F(PollerTest, SpinsUntilThereIsSomething) {
  EXPECT_FALSE(events_->Spin(absl::Milliseconds(1)));
  const int fd = eventfd(0, EFD_NONBLOCK);
  ASSERT_TRUE(events_->Add(fd, 7));
  std::thread writer([fd] { eventfd_write(fd, 1); });
  EXPECT_TRUE(events_->Spin(absl::Seconds(60)));
  writer.join();
  EXPECT_THAT(Keys(), ElementsAre(7));
  events_->Remove(fd);
  close(fd);
  std::thread([this] { events_->Stir(); }).join();
  EXPECT_TRUE(events_->Spin(absl::InfiniteDuration()));
}

}  // namespace
}  // namespace raft_cluster::internal
