#include "raft/cluster/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kTwoServers[] = R"({"object": {"total": 2, "Servers": [
  {"mypid": 1, "url": "127.0.0.1:10001"},
  {"mypid": 2, "url": "tcp://[::1]:10002"}]}})";

Config MakeConfig(const std::vector<std::pair<Pid, std::string>>& members) {
  Config config;
  config.mutable_object()->set_total(static_cast<int>(members.size()));
  for (const auto& [pid, url] : members) {
    Config::Member* member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url(url);
  }
  return config;
}

// A file of this test, removed by the test runner with its folder.
std::string WriteFile(const std::string& name, const std::string& content) {
  const std::string path = absl::StrCat(testing::TempDir(), "/", name);
  std::ofstream(path) << content;
  return path;
}

TEST(LoadConfig, ReadsTheServersOfAFile) {
  const auto config = LoadConfig(WriteFile("two.json", kTwoServers));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->object().total(), 2);
  ASSERT_EQ(config->object().servers_size(), 2);
  EXPECT_EQ(config->object().servers(0).mypid(), 1);
  EXPECT_EQ(config->object().servers(1).url(), "tcp://[::1]:10002");
  EXPECT_EQ(config->object().cluster(), "");
}

TEST(LoadConfig, NamesAFileThatIsNotThere) {
  const auto status = LoadConfig("/nowhere/config.json").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(StartsWith("/nowhere/config.json: cannot be read"),
                    HasSubstr("No such file")));
}

TEST(LoadConfig, NamesAFileThatItMayNotRead) {
  const std::string path = WriteFile("secret.json", kTwoServers);
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  // Root may read everything, so be somebody else for a moment.
  const uid_t user = geteuid();
  if (user == 0) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const absl::Status status = LoadConfig(path).status();
  if (user == 0) {
    ASSERT_EQ(seteuid(user), 0);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), StartsWith(path));
}

TEST(LoadConfig, RefusesAFolder) {
  const auto status = LoadConfig(testing::TempDir()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is a folder"));
}

TEST(LoadConfig, RefusesAFileWithoutEnd) {
  EXPECT_THAT(std::string(LoadConfig("/dev/zero").status().message()),
              HasSubstr("/dev/zero: is no config: it has more than"));
}

TEST(ParseConfig, TakesTheNameOfTheCluster) {
  const auto config = ParseConfig(
      R"({"object": {"cluster": "blue", "total": 1,
          "Servers": [{"mypid": 7, "url": "ipc:///run/seven.sock"}]}})",
      "blue.json");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->object().cluster(), "blue");
}

// The file of the project that this one succeeds.
TEST(ParseConfig, NamesThePortThatDoesNotExist) {
  const auto status = ParseConfig(R"({"object": {"total": 5, "Servers": [
      {"mypid": 1, "url": "127.0.0.1:100001"},
      {"mypid": 2, "url": "127.0.0.1:100002"},
      {"mypid": 3, "url": "127.0.0.1:100003"},
      {"mypid": 4, "url": "127.0.0.1:100004"},
      {"mypid": 5, "url": "127.0.0.1:100005"}]}})",
                                  "config.json")
                          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      StartsWith("config.json: entry 1 (mypid 1), field \"url\": port 100001 "
                 "of \"127.0.0.1:100001\" is not in 1..65535"));
}

TEST(ParseConfig, PassesOverTheMarkThatSomeEditorsLeave) {
  const auto config =
      ParseConfig(absl::StrCat("\xef\xbb\xbf", kTwoServers), "windows.json");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->object().servers_size(), 2);
  EXPECT_THAT(std::string(ParseConfig("\xef\xbb\xbf", "x").status().message()),
              HasSubstr("is empty"));
}

// Where the values are wrong, and not how they are written, too.
TEST(ParseConfig, SaysInWhichLineAMistakeStands) {
  const auto said = [](const std::string& entry) {
    return std::string(
        ParseConfig("{\"object\": {\"total\": 1,\n \"Servers\": [\n  " + entry +
                        "\n]}}",
                    "some.json")
            .status()
            .message());
  };
  EXPECT_EQ(said(R"({"mypid": 0, "url": "h:1"})"),
            "some.json: entry 1 (mypid 0), field \"mypid\": 0 (or left out) is "
            "not an integer in 1..2147483647 (line 3, column 13)");
  EXPECT_THAT(said(R"({"mypid": 1, "url": "0.0.0.0:80"})"),
              EndsWith("(line 3, column 23)"));
  EXPECT_THAT(said(R"({"mypid": 1})"), EndsWith("(line 3, column 3)"));
  EXPECT_THAT(said(R"({"mypid": 1, "url": "h:1"}, {"mypid": 2})"),
              EndsWith("(line 1, column 22)"));
}

// Counting lines for each field took minutes.
TEST(ParseConfig, ReadsMoreServersThanAnybodyHas) {
  constexpr int kServers = 50000;
  std::string json =
      absl::StrCat(R"({"object": {"total": )", kServers, R"(, "Servers": [)");
  for (int i = 0; i < kServers; ++i) {
    absl::StrAppend(&json, i == 0 ? "" : ",\n", R"({"mypid": )", i + 1,
                    R"(, "url": "server-)", i, R"(:1"})");
  }
  const auto config = ParseConfig(absl::StrCat(json, "]}}"), "large");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->object().servers_size(), kServers);
}

TEST(CheckConfig, TakesWhatAProgramFilledIn) {
  EXPECT_TRUE(CheckConfig(MakeConfig({{3, "loopback://three"}})).ok());
  EXPECT_TRUE(CheckConfig(MakeConfig({{1, "ipc:///one"}, {2, "h:1"}})).ok());
}

TEST(CheckConfig, AsksTheCarriersThatItIsGiven) {
  const Config config = MakeConfig({{1, "udp://one"}, {2, "udp://Two"}});
  EXPECT_THAT(std::string(CheckConfig(config).message()),
              AllOf(HasSubstr("entry 1 (mypid 1), field \"url\": scheme udp"),
                    HasSubstr("there are transports for ipc, loopback, plain, "
                              "shm, tcp, tls, unix")));
  Registry transports;
  ASSERT_TRUE(transports
                  .Register(
                      "udp",
                      [](const TransportSpec&)
                          -> absl::StatusOr<std::unique_ptr<Transport>> {
                        return absl::UnimplementedError("never opened");
                      },
                      [](const Url& url) -> absl::StatusOr<ParsedUrl> {
                        if (url.address == "bad") {
                          return UrlError(url, "name", "", "is bad");
                        }
                        return ParsedUrl{{url.scheme, "same", url.text}};
                      })
                  .ok());
  EXPECT_THAT(std::string(CheckConfig(config, transports).message()),
              HasSubstr("\"udp://one\" and \"udp://Two\" are one address"));
  EXPECT_THAT(
      std::string(
          CheckConfig(MakeConfig({{1, "udp://bad"}}), transports).message()),
      HasSubstr("field \"url\": name of \"udp://bad\" is bad"));
}

// Each on a machine of its own.
TEST(CheckConfig, LetsServersListenOnEveryInterface) {
  Config config = MakeConfig({{1, "a:1"}, {2, "b:1"}, {3, "tcp://c:1"}});
  for (int i : {0, 1}) {
    config.mutable_object()->mutable_servers(i)->set_listen("0.0.0.0:1");
  }
  config.mutable_object()->mutable_servers(2)->set_listen("tcp://*:1");
  EXPECT_TRUE(CheckConfig(config).ok()) << CheckConfig(config);
}

TEST(CheckConfig, NamesNoFile) {
  EXPECT_THAT(std::string(CheckConfig(MakeConfig({{0, "h:1"}})).message()),
              StartsWith("entry 1 (mypid 0), "));
}

TEST(ConfigDigest, LooksAtWhatIsMeantAndNotAtHowItIsWritten) {
  const Config config = MakeConfig({{1, "127.0.0.1:1"}, {2, "Localhost:2"}});
  const Config same =
      MakeConfig({{2, "tcp://localhost:02"}, {1, "tcp://127.0.0.1:1"}});
  EXPECT_EQ(ConfigDigest(config), ConfigDigest(same));
}

TEST(ConfigDigest, DoesNotLookAtWhereAServerListens) {
  const Config config = MakeConfig({{1, "h:1"}, {2, "h:2"}});
  Config inside = config;
  inside.mutable_object()->mutable_servers(0)->set_listen("0.0.0.0:1");
  EXPECT_EQ(ConfigDigest(config), ConfigDigest(inside));
}

TEST(ConfigDigest, TellsConfigsApart) {
  const Config config = MakeConfig({{1, "h:1"}, {2, "h:2"}});
  Config named = config;
  named.mutable_object()->set_cluster("blue");
  EXPECT_NE(ConfigDigest(config), ConfigDigest(named));
  EXPECT_NE(ConfigDigest(config),
            ConfigDigest(MakeConfig({{1, "h:2"}, {2, "h:1"}})));
  EXPECT_NE(ConfigDigest(config), ConfigDigest(MakeConfig({{1, "h:1"}})));
  EXPECT_NE(ConfigDigest(config),
            ConfigDigest(MakeConfig({{1, "h:1"}, {3, "h:2"}})));
}

TEST(ConfigDigest, LooksAtTheKeysInAnyOrder) {
  const Config plain = MakeConfig({{1, "h:1"}, {2, "h:2"}});
  Config one = plain;
  one.mutable_object()->mutable_servers(0)->add_keys("a");
  one.mutable_object()->mutable_servers(0)->add_keys("b");
  Config same = plain;
  same.mutable_object()->mutable_servers(0)->add_keys("b");
  same.mutable_object()->mutable_servers(0)->add_keys("a");
  EXPECT_EQ(ConfigDigest(one), ConfigDigest(same));
  EXPECT_NE(ConfigDigest(one), ConfigDigest(plain));
  Config other = plain;
  other.mutable_object()->mutable_servers(1)->add_keys("a");
  other.mutable_object()->mutable_servers(1)->add_keys("b");
  EXPECT_NE(ConfigDigest(one), ConfigDigest(other));
}

// The digest travels between processes, perhaps of different builds.
TEST(ConfigDigest, IsTheSameEverywhere) {
  EXPECT_EQ(ConfigDigest(MakeConfig({{1, "127.0.0.1:10001"}})),
            8879853827755591017u);
}

}  // namespace
}  // namespace raft_cluster::internal
