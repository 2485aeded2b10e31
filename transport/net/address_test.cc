#include "raft/transport/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(Address, TellsNamesFromAddresses) {
  for (const char* host : {"localhost", "a.b", "1a", "my_pod"}) {
    EXPECT_TRUE(IsHostName(host)) << host;
  }
  for (const char* host : {"127.0.0.1", "::1", "2001:db8::a", "*"}) {
    EXPECT_FALSE(IsHostName(host)) << host;
  }
}

TEST(Address, KnowsThoseThatDoNotLeaveTheMachine) {
  for (const char* address : {"127.0.0.1", "127.200.1.2", "::1"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address : {"10.0.0.1", "0.0.0.0", "::", "*", "localhost"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(Address, FindsOutASocketThatIsConnectedToItself) {
  // Bound to a port that it then dials: TCP takes its two ends for a pair.
  const int self = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(self, generic, size), 0);
  ASSERT_EQ(getsockname(self, generic, &size), 0);
  EXPECT_FALSE(IsConnectedToItself(self));
  ASSERT_EQ(connect(self, generic, size), 0);
  EXPECT_TRUE(IsConnectedToItself(self));
  EXPECT_EQ(PeerAddress(self),
            "127.0.0.1:" + std::to_string(ntohs(address.sin_port)));

  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  EXPECT_FALSE(IsConnectedToItself(pair[0]));
  EXPECT_EQ(PeerAddress(pair[0]), "");
  close(pair[0]);
  close(pair[1]);
  close(self);
  EXPECT_FALSE(IsConnectedToItself(self));
}

}  // namespace
}  // namespace raft_cluster::internal
