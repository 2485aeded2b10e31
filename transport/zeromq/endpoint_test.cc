#include "raft/transport/zeromq/endpoint.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

TEST(Endpoint, IsWrittenAsLibzmqReadsIt) {
  EXPECT_EQ(TcpEndpoint("127.0.0.1", 80), "tcp://127.0.0.1:80");
  EXPECT_EQ(TcpEndpoint("::1", 80), "tcp://[::1]:80");
  EXPECT_EQ(TcpEndpoint("*", 0), "tcp://*:*");
  EXPECT_FALSE(NeedsIpv6("127.0.0.1"));
  EXPECT_TRUE(NeedsIpv6("::1"));
  EXPECT_TRUE(NeedsIpv6("*"));
}

}  // namespace
}  // namespace zeromq
}  // namespace raft_cluster::internal
