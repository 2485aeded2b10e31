#include "raft/cluster/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
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

// One mistake, and what its message must say.
struct Mistake {
  std::string name;
  std::string json;
  std::vector<std::string> said;
};

std::string Servers(const std::string& entries, int total = 1) {
  return absl::StrFormat(R"({"object": {"total": %d, "Servers": [%s]}})", total,
                         entries);
}

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class ParseConfigRefuses : public testing::TestWithParam<Mistake> {};

TEST_P(ParseConfigRefuses, WithTheReason) {
  const auto config = ParseConfig(GetParam().json, "some.json");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(config.status().message());
  EXPECT_THAT(message, StartsWith("some.json: "));
  for (const std::string& said : GetParam().said) {
    EXPECT_THAT(message, HasSubstr(said));
  }
  EXPECT_THAT(message, Not(HasSubstr("\n")));
}

constexpr char kOne[] = R"({"mypid": 1, "url": "127.0.0.1:1"})";

INSTANTIATE_TEST_SUITE_P(
    NotJson, ParseConfigRefuses,
    testing::Values(
        Mistake{"EmptyFile", "", {"is empty", "\"object\""}},
        Mistake{"BlankFile", " \n\t ", {"is empty"}},
        Mistake{"CutShort", R"({"object": {"total": 1,)", {"at its end"}},
        Mistake{"MissingBrace",
                "{\"object\": {\"total\": 1, \"Servers\": [\n"
                "  {\"mypid\": 1, \"url\": \"127.0.0.1:1\"]}}",
                {"line 2, column 36", "Expected , or }"}},
        Mistake{"TwoValues", "{} {}", {"line 1, column 4"}},
        Mistake{"NotUtf8",
                Servers("{\"mypid\": 1, \"url\": \"\xff\xfe\"}"),
                {"line 1", "UTF-8"}},
        Mistake{"TooDeep", std::string(100000, '['), {}},
        Mistake{"AList", "[]", {"[] is not a config", "\"object\""}},
        Mistake{"Null", "null", {"null is not a config"}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    WrongFields, ParseConfigRefuses,
    testing::Values(
        Mistake{"NoObject", "{}", {"\"object\" is missing"}},
        Mistake{"UnknownTopLevel",
                R"({"objekt": {}})",
                {"\"objekt\" is unknown", "\"object\""}},
        Mistake{"UnknownBesideServers",
                R"({"object": {"total": 1, "Server": []}})",
                {"\"Server\" is unknown", "\"Servers\""}},
        Mistake{"UnknownInEntry",
                Servers(absl::StrCat(kOne,
                                     R"(, {"mypid": 2, "url": "h:2", "x": 0})"),
                        2),
                {"entry 2 (mypid 2), field \"x\" is unknown", "\"mypid\"",
                 "\"url\""}},
        Mistake{"ObjectIsANumber",
                R"({"object": 5})",
                {"field \"object\": 5 is not {"}},
        Mistake{"ObjectIsAList",
                R"({"object": []})",
                {"field \"object\": [] is not {"}},
        Mistake{"ServersIsAText",
                R"({"object": {"total": 1, "Servers": "all"}})",
                {"field \"Servers\": \"all\" is not a list"}},
        Mistake{"EntryIsANumber", Servers("7"), {"entry 1: 7 is not a server"}},
        Mistake{"PidIsAText",
                Servers(R"({"mypid": "abc", "url": "h:1"})"),
                {"entry 1 (mypid \"abc\"), field \"mypid\": \"abc\" is not an "
                 "integer in 1..2147483647"}},
        Mistake{"PidIsAFraction",
                Servers(R"({"mypid": 1.5, "url": "h:1"})"),
                {"field \"mypid\": 1.5 is not an integer"}},
        Mistake{"PidIsTooLarge",
                Servers(R"({"mypid": 2147483648, "url": "h:1"})"),
                {"field \"mypid\": 2147483648 is not an integer in 1.."}},
        Mistake{"PidIsABool",
                Servers(R"({"mypid": true, "url": "h:1"})"),
                {"field \"mypid\": true is not an integer"}},
        Mistake{"UrlIsANumber",
                Servers(absl::StrCat(kOne, R"(, {"mypid": 9, "url": 5})"), 2),
                {"entry 2 (mypid 9), field \"url\": 5 is not a text"}},
        Mistake{"UrlIsAList",
                Servers(R"({"mypid": 1, "url": ["h:1"]})"),
                {"entry 1 (mypid 1), field \"url\": [\"h:1\"] is not a text"}},
        Mistake{"TotalIsHuge",
                R"({"object": {"total": 99999999999, "Servers": []}})",
                {"field \"total\": 99999999999 is not an integer"}},
        Mistake{"ClusterIsANumber",
                R"({"object": {"total": 1, "cluster": 1}})",
                {"field \"cluster\": 1 is not a text"}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    WrongValues, ParseConfigRefuses,
    testing::Values(
        Mistake{"EmptyList",
                R"({"object": {"total": 0, "Servers": []}})",
                {"field \"Servers\": names no server"}},
        Mistake{"NoList",
                R"({"object": {"total": 3}})",
                {"field \"Servers\": names no server"}},
        Mistake{"TotalTooSmall",
                Servers(absl::StrCat(kOne, R"(, {"mypid": 2, "url": "h:2"})")),
                {"field \"total\": 1 is not the number of entries", ", 2"}},
        Mistake{"TotalTooLarge",
                Servers(kOne, 2147483647),
                {"field \"total\": 2147483647 is not", ", 1"}},
        Mistake{"NoTotal",
                absl::StrCat(R"({"object": {"Servers": [)", kOne, "]}}"),
                {"field \"total\": 0 (or left out) is not"}},
        Mistake{"NoPid",
                Servers(R"({"url": "h:1"})"),
                {"entry 1 (mypid 0), field \"mypid\": 0 (or left out)"}},
        Mistake{"NegativePid",
                Servers(R"({"mypid": -1, "url": "h:1"})"),
                {"entry 1 (mypid -1), field \"mypid\": -1 is not an integer in "
                 "1..2147483647"}},
        Mistake{"SamePid",
                Servers(absl::StrCat(kOne, R"(, {"mypid": 2, "url": "h:2"})",
                                     R"(, {"mypid": 1, "url": "h:3"})"),
                        3),
                {"entries 1 and 3, field \"mypid\": both are 1"}},
        Mistake{"NoUrl",
                Servers(R"({"mypid": 4})"),
                {"entry 1 (mypid 4), field \"url\": is empty or left out"}},
        Mistake{"SameUrl",
                Servers(absl::StrCat(kOne,
                                     R"(, {"mypid": 2, "url": "127.0.0.1:1"})"),
                        2),
                {"entry 1 (mypid 1) and entry 2 (mypid 2), field \"url\"",
                 "are one address"}},
        Mistake{"SameUrlSpeltOtherwise",
                Servers(R"({"mypid": 1, "url": "TCP://LocalHost:080"},
                           {"mypid": 2, "url": "localhost:80"})",
                        2),
                {"\"TCP://LocalHost:080\" and \"localhost:80\" are one"}},
        Mistake{"NoPort",
                Servers(R"({"mypid": 1, "url": "127.0.0.1"})"),
                {"entry 1 (mypid 1), field \"url\"", "port"}},
        Mistake{"WildcardPort",
                Servers(R"({"mypid": 1, "url": "h:*"})"),
                {"entry 1 (mypid 1), field \"url\"", "\"h:*\"", "1..65535"}},
        Mistake{"PortZero",
                Servers(R"({"mypid": 1, "url": "h:0"})"),
                {"entry 1 (mypid 1), field \"url\"", "\"h:0\"", "1..65535"}},
        Mistake{"WildcardHost",
                Servers(R"({"mypid": 1, "url": "*:80"})"),
                {"\"*:80\"", "no peer would know"}},
        Mistake{"AnyHost",
                Servers(R"({"mypid": 1, "url": "0.0.0.0:80"})"),
                {"\"0.0.0.0:80\"", "no peer would know"}},
        Mistake{"AnyHost6",
                Servers(R"({"mypid": 1, "url": "tcp://[::]:80"})"),
                {"\"tcp://[::]:80\"", "no peer would know"}},
        Mistake{"KeysOfTheFirstAlone",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": ["k"]},
                           {"mypid": 2, "url": "h:2"})",
                        2),
                {"entry 2 (mypid 2), field \"keys\": there are none"}},
        Mistake{"KeysOfTheSecondAlone",
                Servers(R"({"mypid": 1, "url": "h:1"},
                           {"mypid": 2, "url": "h:2", "keys": ["k"]})",
                        2),
                {"entry 2 (mypid 2), field \"keys\": there are some"}},
        Mistake{
            "KeyOfTwo",
            Servers(R"({"mypid": 1, "url": "h:1", "keys": ["a", "b"]},
                           {"mypid": 2, "url": "h:2", "keys": ["c", "b"]})",
                    2),
            {"entry 1 (mypid 1) and entry 2 (mypid 2), field \"keys\": both "
             "list \"b\""}},
        Mistake{"EmptyKey",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": [""]})"),
                {"entry 1 (mypid 1), field \"keys\": one is empty"}},
        Mistake{"KeysThatAreNoList",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": {"a": 1}})"),
                {"entry 1 (mypid 1), field \"keys\"", "is not a list"}},
        Mistake{"KeyThatIsNoText",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": ["a", [7]]})"),
                {"entry 1 (mypid 1), field \"keys\": [7] is not a text"}}),
    [](const auto& info) { return info.param.name; });

TEST(CheckConfig, TakesWhatAProgramFilledIn) {
  EXPECT_TRUE(CheckConfig(MakeConfig({{3, "loopback://three"}})).ok());
  EXPECT_TRUE(
      CheckConfig(MakeConfig({{1, "udp://anything"}, {2, "h:1"}})).ok());
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
