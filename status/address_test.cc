// Addresses as people write them, and what browsers call a server.
#include "raft/status/address.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

TEST(StatusAddressTest, IsAnIpv4AddressAndAPort) {
  const auto address = ParseStatusAddress("127.0.0.1:8001");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->host, "127.0.0.1");
  EXPECT_EQ(address->port, 8001);
  EXPECT_TRUE(address->loopback());
  EXPECT_EQ(ParseStatusAddress("localhost:0")->ToString(), "127.0.0.1:0");
  EXPECT_FALSE(ParseStatusAddress("0.0.0.0:80")->loopback());
  EXPECT_FALSE(ParseStatusAddress("10.127.0.1:65535")->loopback());
}

TEST(StatusAddressTest, IsNothingElse) {
  for (const std::string text :
       {"", ":", "8001", ":8001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:65536", "127.0.0.1:8001s", "[::1]:8001",
        "127.0.0.1:80,0.0.0.0:81", "http://127.0.0.1:80", "example.org:80",
        "127.1:80", " 127.0.0.1:80", "*:80"}) {
    const auto address = ParseStatusAddress(text);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
    EXPECT_THAT(std::string(address.status().message()),
                HasSubstr("\"" + text + "\""));
  }
}

TEST(HostTest, OfThisMachineIsALoopbackAddressOrLocalhost) {
  for (const char* host : {"", "localhost", "LocalHost:8001", "127.0.0.1:8001",
                           "127.9.8.7", "[::1]:8001"}) {
    EXPECT_TRUE(NamesThisMachine(host)) << host;
  }
  for (const char* host :
       {"example.org", "127.0.0.1.example.org:8001", "localhost.example.org",
        "10.0.0.1:8001", "127.evil", "x"}) {
    EXPECT_FALSE(NamesThisMachine(host)) << host;
  }
}

}  // namespace
}  // namespace raft_cluster::internal
