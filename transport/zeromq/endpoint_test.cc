#include "raft/transport/zeromq/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

TEST(Endpoint, TellsNamesFromAddresses) {
  for (const char* host : {"localhost", "a.b", "1a", "my_pod"}) {
    EXPECT_TRUE(IsHostName(host)) << host;
  }
  for (const char* host : {"127.0.0.1", "::1", "2001:db8::a", "*"}) {
    EXPECT_FALSE(IsHostName(host)) << host;
  }
}

TEST(Endpoint, IsWrittenAsLibzmqReadsIt) {
  EXPECT_EQ(TcpEndpoint("127.0.0.1", 80), "tcp://127.0.0.1:80");
  EXPECT_EQ(TcpEndpoint("::1", 80), "tcp://[::1]:80");
  EXPECT_EQ(TcpEndpoint("*", 0), "tcp://*:*");
  EXPECT_FALSE(NeedsIpv6("127.0.0.1"));
  EXPECT_TRUE(NeedsIpv6("::1"));
  EXPECT_TRUE(NeedsIpv6("*"));
}

TEST(Endpoint, FindsOutASocketThatIsConnectedToItself) {
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

  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  EXPECT_FALSE(IsConnectedToItself(pair[0]));
  close(pair[0]);
  close(pair[1]);
  close(self);
  EXPECT_FALSE(IsConnectedToItself(self));
}

}  // namespace
}  // namespace zeromq
}  // namespace raft_cluster::internal
