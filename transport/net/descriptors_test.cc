// Lowers this process's own limit of descriptors, and holds some.
#include "raft/transport/net/descriptors.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;

constexpr int kSpare = DescriptorPledge::kSpare;

class DescriptorsTest : public testing::Test {
 protected:
  DescriptorsTest() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorsTest() override {
    for (const int fd : fds_) close(fd);
    setrlimit(RLIMIT_NOFILE, &before_);
  }

  // From here on so many more can be opened.
  void Leave(int count) {
    rlimit limit = before_;
    limit.rlim_cur = 0;
    for (int fd = 0; fd < 1024; ++fd) {
      if (fcntl(fd, F_GETFD) >= 0) ++limit.rlim_cur;
    }
    limit.rlim_cur += count;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    limit_ = static_cast<int>(limit.rlim_cur);
  }
  void Open(int count) {
    for (int i = 0; i < count; ++i) fds_.push_back(eventfd(0, EFD_CLOEXEC));
  }

  rlimit before_;
  int limit_ = 0;
  std::vector<int> fds_;
};

TEST_F(DescriptorsTest, ArePledgedUpToTheLimit) {
  Leave(100 + kSpare);
  EXPECT_TRUE(DescriptorPledge::Make({10, 5, 18}).ok());
  EXPECT_FALSE(DescriptorPledge::Make({11, 5, 18}).ok());
}

TEST_F(DescriptorsTest, SayBothFiguresWhereTheyAreTooFew) {
  Leave(50);
  const auto pledge = DescriptorPledge::Make({10, 5, 18});
  ASSERT_EQ(pledge.status().code(), absl::StatusCode::kResourceExhausted);
  const std::string words(pledge.status().message());
  EXPECT_THAT(words, HasSubstr("116 are wanted with 18 peers"));
  EXPECT_THAT(words, HasSubstr("only 50 are left"));
  EXPECT_THAT(words, HasSubstr("of the " + std::to_string(limit_)));
}

TEST_F(DescriptorsTest, CountAsTakenWhenPledged) {
  Leave(100 + kSpare);
  auto first = DescriptorPledge::Make({60, 0, 0});
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(DescriptorPledge::Make({41, 0, 0}).ok());
  EXPECT_TRUE(DescriptorPledge::Make({40, 0, 0}).ok());
  // Open ones do not count twice.
  Open(60);
  (*first)->Hold(60);
  EXPECT_FALSE(DescriptorPledge::Make({41, 0, 0}).ok());
  EXPECT_TRUE(DescriptorPledge::Make({40, 0, 0}).ok());
  // Beyond the pledge they are anybody's.
  Open(10);
  (*first)->Hold(10);
  EXPECT_FALSE(DescriptorPledge::Make({31, 0, 0}).ok());
  EXPECT_TRUE(DescriptorPledge::Make({30, 0, 0}).ok());
}

TEST_F(DescriptorsTest, ComeBackWithThePledge) {
  Leave(100 + kSpare);
  for (int i = 0; i < 3; ++i) {
    auto pledge = DescriptorPledge::Make({100, 0, 0});
    ASSERT_TRUE(pledge.ok()) << pledge.status();
    (*pledge)->Hold(30);
    EXPECT_FALSE(DescriptorPledge::Make({80, 0, 0}).ok());
  }
}

TEST_F(DescriptorsTest, ArePledgedForAPeerMore) {
  Leave(100 + kSpare);
  auto pledge = DescriptorPledge::Make({60, 5, 0});
  ASSERT_TRUE(pledge.ok());
  (*pledge)->AddPeer();
  EXPECT_FALSE(DescriptorPledge::Make({36, 0, 0}).ok());
  EXPECT_TRUE(DescriptorPledge::Make({35, 0, 0}).ok());
}

TEST_F(DescriptorsTest, AreProbedWithoutBeingKept) {
  Leave(10);
  EXPECT_TRUE(ProbeDescriptors(10).ok());
  const absl::Status none = ProbeDescriptors(11);
  EXPECT_EQ(none.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(none.message()), HasSubstr("raise ulimit -n"));
  EXPECT_TRUE(ProbeDescriptors(10).ok());
}

// Where there is none to read /proc with.
TEST_F(DescriptorsTest, AreCountedWithoutOne) {
  Leave(1);
  Open(1);
  const auto pledge = DescriptorPledge::Make({10, 0, 0});
  ASSERT_EQ(pledge.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(pledge.status().message()),
              HasSubstr("only 0 are left"));
}

}  // namespace
}  // namespace raft_cluster::internal
