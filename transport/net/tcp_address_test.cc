#include "raft/transport/net/tcp_address.h"

#include "gtest/gtest.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

TcpAddress Parse(absl::string_view text) {
  return ParseTcpAddress(ParseUrl(text).value()).value();
}

// What else it takes and refuses: transport/builtin/builtin_urls_test.cc.
TEST(TcpAddress, IsAHostAndAPort) {
  const TcpAddress address = Parse("tcp://[::1]:10001");
  EXPECT_EQ(address.host, "::1");
  EXPECT_EQ(address.port, 10001);
  EXPECT_EQ(address.ToString(), "[::1]:10001");
  EXPECT_FALSE(address.wildcard());
  EXPECT_EQ(Parse("DB.Example.org:80").host, "db.example.org");
}

TEST(TcpAddress, MayHaveAPortOfTheSystemsChoice) {
  for (absl::string_view text : {"*:*", "*:0"}) {
    const TcpAddress address = Parse(text);
    EXPECT_EQ(address.host, "*");
    EXPECT_EQ(address.port, 0);
    EXPECT_TRUE(address.wildcard());
    EXPECT_EQ(address.ToString(), "*:0");
  }
}

}  // namespace
}  // namespace raft_cluster::internal
