#include "raft/transport/url.h"

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

std::string ErrorOf(absl::string_view text) {
  const absl::StatusOr<Url> url = ParseUrl(text);
  EXPECT_FALSE(url.ok()) << text << " became " << url->ToString();
  EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(url.status().message());
}

TEST(Url, IsASchemeAndAnAddress) {
  const Url url = ParseUrl("UDP://What ever: it is").value();
  EXPECT_EQ(url.scheme, "udp");
  EXPECT_EQ(url.address, "What ever: it is");
  EXPECT_EQ(url.text, "UDP://What ever: it is");
  EXPECT_EQ(url.ToString(), "udp://What ever: it is");
  EXPECT_EQ(ParseUrl("a+b-c.1://x://y").value().ToString(), "a+b-c.1://x://y");
}

TEST(Url, IsOfTcpWithoutAScheme) {
  EXPECT_EQ(ParseUrl("127.0.0.1:10001").value().ToString(),
            "tcp://127.0.0.1:10001");
}

TEST(Url, EqualsOneThatWasWrittenOtherwise) {
  EXPECT_EQ(ParseUrl("TCP://h:1").value(), ParseUrl("h:1").value());
  EXPECT_NE(ParseUrl("tcp://h:1").value(), ParseUrl("ipc://h:1").value());
  EXPECT_NE(ParseUrl("tcp://h:1").value(), ParseUrl("tcp://h:2").value());
}

TEST(Url, ASchemeAndAnAddressAreNeeded) {
  for (absl::string_view text : {"", "tcp://", "udp://", "loopback://"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("the address of")) << text;
  }
  for (absl::string_view text :
       {"://x", "1a://x", " tcp://x:1", "t_p://x", "-://x"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("scheme")) << text;
  }
}

TEST(UrlError, ShowsTheTextAsItWasWritten) {
  const Url url = ParseUrl("H:\n").value();
  EXPECT_EQ(UrlError(url, "port", "\n", "is no number").message(),
            "port \"\\x0a\" of \"H:\\x0a\" is no number");
  EXPECT_EQ(UrlError({"udp", "x", ""}, "name", "x", "is bad").message(),
            "name x of \"udp://x\" is bad");
  EXPECT_EQ(UrlError({"udp", "x", ""}, "name", "udp://x", "is bad").message(),
            "name of \"udp://x\" is bad");
}

}  // namespace
}  // namespace raft_cluster::internal
