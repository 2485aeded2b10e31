// Tables of files with one mistake each, and what must be said of it.
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/config.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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

constexpr char kOne[] = R"({"mypid": 1, "url": "127.0.0.1:1"})";

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

INSTANTIATE_TEST_SUITE_P(
    NotJson, ParseConfigRefuses,
    testing::Values(
        Mistake{"EmptyFile", "", {"is empty", "\"object\""}},
        Mistake{"BlankFile", " \n\t ", {"is empty"}},
        Mistake{"CutShort",
                R"({"object": {"total": 1,)",
                {"it ends although \"{\" of line 1, column 12 is not closed"}},
        Mistake{"MissingBrace",
                "{\"object\": {\"total\": 1, \"Servers\": [\n"
                "  {\"mypid\": 1, \"url\": \"127.0.0.1:1\"]}}",
                {"line 2, column 36: is not JSON: \"{\" is to be closed"}},
        Mistake{"TwoValues", "{} {}", {"line 1, column 4"}},
        Mistake{"NotUtf8",
                Servers("{\"mypid\": 1, \"url\": \"\xff\xfe\"}"),
                {"line 1", "UTF-8"}},
        Mistake{"TooDeep", std::string(100000, '['), {"levels"}},
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
        Mistake{"UnknownWithALineEnd",
                Servers("{\"p\\nid\": 1}"),
                {"entry 1, field \"p\\nid\" is unknown"}},
        Mistake{
            "UnknownAndLong",
            Servers(absl::StrCat("{\"", std::string(100, 'x'), "\": 1}")),
            {absl::StrCat("field \"", std::string(59, 'x'), "... is unknown")}},
        Mistake{"ObjectIsANumber",
                R"({"object": 5})",
                {"field \"object\": 5 is not {", "(line 1, column 12)"}},
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
        Mistake{"PidIsANumberInQuotes",
                Servers(R"({"mypid": "1", "url": "h:1"})"),
                {"entry 1 (mypid \"1\"), field \"mypid\": \"1\" is not an "
                 "integer in 1..2147483647, which stands without quotes "
                 "(line 1, column 47)"}},
        Mistake{"TotalIsANumberInQuotes",
                R"({"object": {"total": "1", "Servers": []}})",
                {"field \"total\": \"1\" is not an integer"}},
        Mistake{"ClusterIsANumber",
                R"({"object": {"total": 1, "cluster": 1}})",
                {"field \"cluster\": 1 is not a text"}}),
    [](const auto& info) { return info.param.name; });

// Each of these was once taken without a word.
INSTANTIATE_TEST_SUITE_P(
    Ambiguous, ParseConfigRefuses,
    testing::Values(
        Mistake{"TwoLists",
                "{\"object\": {\"total\": 1, \"Servers\": [],\n"
                "\"Servers\": []}}",
                {"line 2, column 1: is not JSON: the field \"Servers\" stands "
                 "in line 1, column 25 already; keep one of the two"}},
        Mistake{"TwoListsSpeltOtherwise",
                "{\"object\": {\"total\": 1, \"Servers\": [],\n"
                "\"servers\": []}}",
                {"field \"servers\" and \"Servers\" of line 1, column 25 are "
                 "one; keep one of the two (line 2, column 1)"}},
        Mistake{"TwoUrls",
                Servers(R"({"mypid": 1, "url": "h:1", "url": "h:2"})"),
                {"the field \"url\" stands"}},
        Mistake{"NullKey",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": [null]})"),
                {"entry 1 (mypid 1), field \"keys\": null is not a text"}},
        Mistake{"NullKeys",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": null})"),
                {"entry 1 (mypid 1), field \"keys\": null is not a list"}},
        Mistake{"NullUrl",
                Servers(R"({"mypid": 1, "url": null})"),
                {"entry 1 (mypid 1), field \"url\": null is not a text"}},
        Mistake{"NullPid",
                Servers(R"({"mypid": null, "url": "h:1"})"),
                {"field \"mypid\": null is not an integer"}},
        Mistake{"NullCluster",
                R"({"object": {"total": 1, "cluster": null}})",
                {"field \"cluster\": null is not a text"}},
        Mistake{"NullObject",
                R"({"object": null})",
                {"field \"object\": null is not {"}},
        Mistake{
            "NullEntry", Servers("null"), {"entry 1: null is not a server"}},
        Mistake{"NoKeyInTheList",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": []})"),
                {"entry 1 (mypid 1), field \"keys\": [] lists none; write what "
                 "keygen prints, or leave the field out"}},
        Mistake{"Comment",
                Servers("/* one */"),
                {"is not JSON: JSON has no comments; take it out"}},
        Mistake{"HiddenByAZero",
                Servers(kOne) + std::string("\0{}", 3),
                {"there is a zero byte"}}),
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
        Mistake{"SchemeWithoutTransport",
                Servers(R"({"mypid": 1, "url": "tpc://h:80"})"),
                {"entry 1 (mypid 1), field \"url\": scheme tpc of "
                 "\"tpc://h:80\" has no transport; there are transports for "
                 "ipc, loopback, plain, shm, tcp, tls, unix only (line 1"}},
        Mistake{"NoServersAddress",
                Servers(R"({"mypid": 1, "url": "224.0.0.1:80"})"),
                {"field \"url\": host 224.0.0.1 of \"224.0.0.1:80\" is a "
                 "multicast address"}},
        Mistake{
            "ListenAtNoServersAddress",
            Servers(R"({"mypid": 1, "url": "h:1", "listen": "[ff02::1]:1"})"),
            {"field \"listen\": host [ff02::1] of "}},
        Mistake{"ListenWithoutPort",
                Servers(R"({"mypid": 1, "url": "h:1", "listen": "0.0.0.0"})"),
                {"entry 1 (mypid 1), field \"listen\": ", "port", "line 1"}},
        Mistake{"ListenOverAnotherCarrier",
                Servers(R"({"mypid": 1, "url": "h:1", "listen": "ipc:///a"})"),
                {"entry 1 (mypid 1), field \"listen\": nobody who calls "
                 "\"h:1\" gets to \"ipc:///a\"; both need the same scheme"}},
        Mistake{"ListenThatIsEmpty",
                Servers(R"({"mypid": 1, "url": "h:1", "listen": ""})"),
                {"entry 1 (mypid 1), field \"listen\": is empty; leave the "
                 "field out"}},
        Mistake{"ListenThatIsNoText",
                Servers(R"({"mypid": 1, "url": "h:1", "listen": 10001})"),
                {"entry 1 (mypid 1), field \"listen\": 10001 is not a text"}},
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
        Mistake{"KeyOfAnotherTransport",
                Servers(R"({"mypid": 1, "url": "h:1", "keys": ["sha256:0a"]})"),
                {"entry 1 (mypid 1), field \"keys\": \"sha256:0a\" is no key "
                 "of tcp://, 40 characters as keygen prints them (line 1"}},
        Mistake{
            "KeyOfTcpForTls",
            Servers(R"({"mypid": 1, "url": "tls://h:1", "keys": ["Yne@$w"]})"),
            {"entry 1 (mypid 1), field \"keys\": \"Yne@$w\" is no key of "
             "tls://, \"sha256:\" and 64 lower-case hexadecimal digits, as "
             "`keygen --tls` prints them (line 1"}},
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

}  // namespace
}  // namespace raft_cluster::internal
