#include "raft/testing/local_addresses.h"

#include <sys/stat.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

bool Exists(const std::string& path) {
  struct stat unused;
  return stat(path.c_str(), &unused) == 0;
}

TEST(LocalAddresses, TcpPortsAreOfALoopbackAddressAndNeverGivenTwice) {
  std::set<std::string> seen;
  for (int round = 0; round < 50; ++round) {
    const auto picked = LocalAddresses::Pick("tcp", 10);
    ASSERT_TRUE(picked.ok()) << picked.status();
    ASSERT_THAT(picked->urls(), SizeIs(10));
    for (const std::string& text : picked->urls()) {
      const auto address = ParseTcpAddress(ParseUrl(text).value());
      ASSERT_TRUE(address.ok()) << address.status();
      EXPECT_THAT(address->host, StartsWith("127."));
      EXPECT_NE(address->port, 0);
      EXPECT_TRUE(seen.insert(text).second) << text << " came twice";
    }
  }
}

TEST(LocalAddresses, IpcPathsAreShortAndTheirFolderGoesWithTheLastCopy) {
  std::string folder;
  {
    std::unique_ptr<LocalAddresses> copy;
    {
      const auto picked = LocalAddresses::Pick("ipc", 2);
      ASSERT_TRUE(picked.ok()) << picked.status();
      for (const std::string& url : picked->urls()) {
        EXPECT_TRUE(absl::StartsWith(url, "ipc:///")) << url;
        EXPECT_LE(url.size(), 107u) << url;
      }
      const std::string path(absl::StripPrefix(picked->urls()[0], "ipc://"));
      folder = path.substr(0, path.rfind('/'));
      copy = std::make_unique<LocalAddresses>(*picked);
    }
    EXPECT_TRUE(Exists(folder));
  }
  EXPECT_FALSE(Exists(folder));
}

TEST(LocalAddresses, TwoPicksOfIpcDoNotMeet) {
  const auto one = LocalAddresses::Pick("ipc", 1);
  const auto two = LocalAddresses::Pick("ipc", 1);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_NE(one->urls(), two->urls());
}

TEST(LocalAddresses, StreamsHavePortsOrPathsAsTcpAndIpcHave) {
  for (const char* scheme : {"plain", "tls"}) {
    const auto picked = LocalAddresses::Pick(scheme, 1);
    ASSERT_TRUE(picked.ok()) << picked.status();
    EXPECT_THAT(picked->urls(),
                ElementsAre(StartsWith(absl::StrCat(scheme, "://127."))));
  }
  for (const char* scheme : {"unix", "shm"}) {
    const auto picked = LocalAddresses::Pick(scheme, 1);
    ASSERT_TRUE(picked.ok()) << picked.status();
    EXPECT_THAT(picked->urls(),
                ElementsAre(StartsWith(absl::StrCat(scheme, ":///"))));
  }
}

TEST(LocalAddresses, OtherSchemesGetNames) {
  const auto picked = LocalAddresses::Pick("loopback", 2);
  ASSERT_TRUE(picked.ok()) << picked.status();
  EXPECT_THAT(picked->urls(),
              ElementsAre("loopback://server-1", "loopback://server-2"));
}

TEST(LocalAddresses, ACountThatIsNotPositiveIsRefused) {
  for (int count : {0, -1}) {
    EXPECT_EQ(LocalAddresses::Pick("tcp", count).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace raft_cluster::internal
