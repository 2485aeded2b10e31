#include "raft/transport/zeromq/inflow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

constexpr int kPatienceMs = 30000;

TEST(Inflow, WhatWasReadBeforeAndNotHandedOutIsWithheld) {
  Inflow inflow;
  EXPECT_EQ(inflow.Withheld(1000), 0u);
  EXPECT_EQ(inflow.InHand(), 1000u);
  EXPECT_EQ(inflow.Withheld(5000), 1000u);
  EXPECT_EQ(inflow.Withheld(5000), 5000u);
}

TEST(Inflow, NothingIsWithheldThatCameBeforeWhatWasHandedOut) {
  Inflow inflow;
  inflow.Withheld(1000);
  inflow.HandedOut();
  EXPECT_EQ(inflow.Withheld(5000), 0u);
  EXPECT_EQ(inflow.InHand(), 0u);
  EXPECT_EQ(inflow.Withheld(5600), 0u);
  EXPECT_EQ(inflow.Withheld(5700), 600u);
  inflow.HandedOut();
  EXPECT_EQ(inflow.Withheld(9000), 0u);
}

TEST(Inflow, AnotherConnectionBeginsAnew) {
  Inflow inflow;
  inflow.Withheld(5000);
  EXPECT_EQ(inflow.Withheld(100), 0u);
  EXPECT_EQ(inflow.Withheld(200), 100u);
}

// A connection over tcp.
class TcpConnection : public ::testing::Test {
 protected:
  void SetUp() override {
    const int listening = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const bound = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    ASSERT_EQ(bind(listening, bound, size), 0);
    ASSERT_EQ(listen(listening, 1), 0);
    ASSERT_EQ(getsockname(listening, bound, &size), 0);
    port_ = ntohs(address.sin_port);
    ASSERT_EQ(connect(far_, bound, size), 0);
    near_ = accept(listening, nullptr, nullptr);
    ASSERT_GE(near_, 0);
    close(listening);
  }
  void TearDown() override {
    close(near_);
    close(far_);
  }

  // What comes next is so much.
  void Read(size_t size) {
    std::string bytes(size, ' ');
    ASSERT_EQ(recv(near_, &bytes[0], size, MSG_WAITALL),
              static_cast<ssize_t>(size));
  }
  static bool IsReadable(int fd) {
    pollfd descriptor = {fd, POLLIN, 0};
    return poll(&descriptor, 1, kPatienceMs) == 1;
  }

  uint16_t port_ = 0;
  int near_ = -1;
  int far_ = socket(AF_INET, SOCK_STREAM, 0);
};

TEST_F(TcpConnection, WhatIsUnreadDoesNotCount) {
  EXPECT_EQ(ReadFrom(near_), uint64_t{0});
  ASSERT_EQ(send(far_, "abcdef", 6, 0), 6);
  ASSERT_TRUE(IsReadable(near_));
  EXPECT_EQ(ReadFrom(near_), uint64_t{0});
  Read(4);
  EXPECT_EQ(ReadFrom(near_), uint64_t{4});
  Read(2);
  EXPECT_EQ(ReadFrom(near_), uint64_t{6});
}

TEST_F(TcpConnection, WhatIsNoneIsNotRead) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_FALSE(ReadFrom(ends[0]).has_value());
  close(ends[0]);
  close(ends[1]);
  EXPECT_FALSE(ReadFrom(ends[0]).has_value());
  EXPECT_FALSE(ReadFrom(-1).has_value());
}

TEST_F(TcpConnection, IsEndedAtItsPortOnly) {
  EXPECT_FALSE(EndConnectionAt(port_ ^ 1, near_));
  EXPECT_FALSE(EndConnectionAt(port_, far_));
  EXPECT_FALSE(EndConnectionAt(0, near_));
  EXPECT_FALSE(EndConnectionAt(port_, -1));
  ASSERT_EQ(send(far_, "a", 1, 0), 1);
  Read(1);
  EXPECT_TRUE(EndConnectionAt(port_, near_));
  ASSERT_TRUE(IsReadable(far_));
  char byte;
  EXPECT_EQ(recv(far_, &byte, 1, 0), 0) << "it goes on";
}

}  // namespace
}  // namespace zeromq
}  // namespace raft_cluster::internal
