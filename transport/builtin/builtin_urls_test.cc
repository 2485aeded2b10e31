// What the carriers that come with the library make of urls.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

using testing::AllOf;
using testing::HasSubstr;

absl::StatusOr<ParsedUrl> Parse(absl::string_view text) {
  static const auto* const transports = new Registry(BuiltinTransports());
  return transports->Parse(text);
}

// The canonical form, or the error.
std::string Canonical(absl::string_view text) {
  const absl::StatusOr<ParsedUrl> parsed = Parse(text);
  return parsed.ok() ? parsed->url.ToString() : parsed.status().ToString();
}

std::string ErrorOf(absl::string_view text) {
  const absl::StatusOr<ParsedUrl> parsed = Parse(text);
  EXPECT_FALSE(parsed.ok()) << text << " became " << parsed->url.ToString();
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

TEST(Url, SpellingsOfOneAddressBecomeOne) {
  // Each row: the canonical form, and what else is the same.
  const std::vector<std::vector<std::string>> rows = {
      {"tcp://127.0.0.1:10001", "127.0.0.1:10001", "TCP://127.0.0.1:10001",
       "tcp://127.0.0.1:010001", "tcp://[::ffff:127.0.0.1]:10001",
       "[::FFFF:7f00:1]:10001"},
      {"tcp://[::1]:80", "[::1]:80", "tcp://[0:0:0:0:0:0:0:1]:80",
       "tcp://[0::0001]:080"},
      {"tcp://[2001:db8::a]:1", "[2001:DB8:0:0::A]:1"},
      {"tcp://localhost:80", "LocalHost:80", "TCP://LOCALHOST:080"},
      {"tcp://db-1.example.org:65535", "DB-1.Example.ORG:65535"},
      {"tcp://my_pod.svc.:1", "MY_POD.svc.:1"},
      {"tcp://*:0", "tcp://*:*", "*:*", "*:0", "*:000"},
      {"tcp://127.0.0.1:0", "127.0.0.1:*"},
      {"ipc:///run/raft/1.sock", "ipc:////run//raft/./1.sock",
       "IPC:///run/raft/1.sock", "ipc:///./run/raft/1.sock"},
      {"ipc://raft.sock", "ipc://./raft.sock", "ipc://.//raft.sock"},
      {"ipc://../a", "ipc://.././a"},
      {"shm:///run/raft/1", "SHM:///run//raft/./1"},
      {"loopback://one", "Loopback://one"},
      {"loopback://*"},
      {"loopback://a/B-2_c.d"},
  };
  for (const std::vector<std::string>& row : rows) {
    for (const std::string& text : row) EXPECT_EQ(Canonical(text), row[0]);
  }
}

TEST(Url, WhatDiffersStaysDifferent) {
  const std::vector<std::string> texts = {
      "127.0.0.1:1", "127.0.0.1:2", "127.0.0.2:1",   "localhost:1",
      "[::1]:1",     "*:1",         "0.0.0.0:1",     "ipc:///a",
      "ipc://a",     "ipc://../a",  "ipc:///b/../a", "loopback://a",
      "loopback://A"};
  for (const std::string& a : texts) {
    for (const std::string& b : texts) {
      EXPECT_EQ(Parse(a).value().url == Parse(b).value().url, a == b)
          << a << " and " << b;
    }
  }
}

TEST(Url, CanonicalFormsParseToThemselves) {
  for (absl::string_view text :
       {"[::1]:0", "*:*", "Host:1", "ipc://a//b", "loopback://*"}) {
    const ParsedUrl parsed = Parse(text).value();
    const ParsedUrl again = Parse(parsed.url.ToString()).value();
    EXPECT_EQ(again.url, parsed.url);
    EXPECT_EQ(again.wildcard, parsed.wildcard);
  }
}

TEST(Url, KnowsWhatCannotBeConnectedTo) {
  for (absl::string_view text :
       {"127.0.0.1:0", "127.0.0.1:*", "*:80", "*:*", "0.0.0.0:80", "[::]:80",
        "[0:0::]:80", "loopback://*"}) {
    EXPECT_TRUE(Parse(text).value().wildcard) << text;
  }
  for (absl::string_view text :
       {"127.0.0.1:1", "[::1]:65535", "ipc://a", "ipc://*", "loopback://a"}) {
    EXPECT_FALSE(Parse(text).value().wildcard) << text;
  }
}

TEST(Url, APortIsInRange) {
  // The first is what the original's configuration has.
  EXPECT_THAT(ErrorOf("127.0.0.1:100001"),
              HasSubstr("port 100001 of \"127.0.0.1:100001\" is not in "
                        "1..65535"));
  for (absl::string_view port :
       {"65536", "4294967297", "18446744073709551617", "-1", "+1", " 1", "1 ",
        "0x50", "80/path", "http", "1.5", "**"}) {
    EXPECT_THAT(ErrorOf(absl::StrCat("tcp://127.0.0.1:", port)),
                AllOf(HasSubstr("port "), HasSubstr("1..65535")))
        << port;
  }
  EXPECT_THAT(ErrorOf("tcp://127.0.0.1:"), HasSubstr("1..65535"));
  for (absl::string_view text :
       {"127.0.0.1", "tcp://host", "tcp://[::1]", "tcp://[::1]80"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("no port")) << text;
  }
}

TEST(Url, AHostIsAnAddressOrAName) {
  for (absl::string_view host : {"127.0.0.256", "127.1", "1", "1.2.3.4.5",
                                 "127.0.0.01", "0x7f.0.0.1", "10.0.0.1."}) {
    EXPECT_THAT(ErrorOf(absl::StrCat(host, ":80")),
                AllOf(HasSubstr(absl::StrCat("host ", host)),
                      HasSubstr("is not an IPv4 address")))
        << host;
  }
  const std::string long_label(64, 'a');
  std::string long_name = "a";
  while (long_name.size() <= 253) long_name += ".a";
  for (absl::string_view host :
       {"-a", "a-", "a..b", ".a", "a b", "a/b", "user@host", "h\xc3\xb6st",
        "a;b", ".", long_label.c_str(), long_name.c_str()}) {
    EXPECT_THAT(ErrorOf(absl::StrCat("tcp://", host, ":80")),
                AllOf(HasSubstr("host "), HasSubstr("labels of letters")))
        << host;
  }
  EXPECT_TRUE(Parse(absl::StrCat(long_label.substr(1), ":80")).ok());
  EXPECT_TRUE(Parse(absl::StrCat(long_name.substr(2), ":80")).ok());
  EXPECT_THAT(ErrorOf(":80"), HasSubstr("host"));
  // What libzmq would read as an address to connect from.
  ErrorOf("tcp://127.0.0.1:0;127.0.0.1:80");
}

TEST(Url, AnIpv6AddressIsInBrackets) {
  for (absl::string_view text : {"::1:80", "tcp://2001:db8::1:80"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("in brackets")) << text;
  }
  for (absl::string_view text : {"[]:80", "[1]:80", "[::1::]:80", "[::g]:80",
                                 "[127.0.0.1]:80", "[fe80::1%eth0]:80"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("is not an IPv6 address")) << text;
  }
  EXPECT_THAT(ErrorOf(absl::string_view("[::1\0]:80", 10)),
              HasSubstr("is not an IPv6 address"));
  EXPECT_THAT(ErrorOf("[::1:80"), HasSubstr("does not close it"));
}

TEST(Url, APathNamesASocket) {
  for (absl::string_view text : {"ipc:///", "ipc://.", "ipc:///run/",
                                 "ipc:///run/.", "ipc://..", "ipc:///a/.."}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("names a folder")) << text;
  }
  EXPECT_THAT(ErrorOf("ipc://"), HasSubstr("is empty"));
  EXPECT_THAT(ErrorOf("ipc://@abstract"), HasSubstr("begins with '@'"));
  EXPECT_THAT(ErrorOf("ipc://./@abstract"), HasSubstr("begins with '@'"));
  EXPECT_THAT(ErrorOf(absl::string_view("ipc:///a\0b", 10)), HasSubstr("NUL"));
  const std::string longest(106, 'a');  // And its slash.
  EXPECT_TRUE(Parse(absl::StrCat("ipc:///", longest)).ok());
  EXPECT_THAT(ErrorOf(absl::StrCat("ipc:///", longest, "a")),
              AllOf(HasSubstr("108 bytes"), HasSubstr("at most 107")));
}

TEST(Url, ALoopbackNameIsPlain) {
  for (absl::string_view name : {"a b", "a:b", "**", "a*", "\xc3\xb6"}) {
    EXPECT_THAT(ErrorOf(absl::StrCat("loopback://", name)),
                HasSubstr("is not '*', nor made of letters"))
        << name;
  }
}

TEST(Url, OfNoServersAddressIsRefused) {
  for (absl::string_view host :
       {"224.0.0.1", "239.255.255.255", "[ff02::1]", "[::ffff:224.0.0.1]"}) {
    EXPECT_THAT(ErrorOf(absl::StrCat(host, ":80")),
                HasSubstr("is a multicast address"))
        << host;
  }
  EXPECT_THAT(ErrorOf("255.255.255.255:80"), HasSubstr("broadcast"));
  EXPECT_THAT(ErrorOf("[fe80::1]:80"), HasSubstr("link-local"));
  for (absl::string_view host : {"223.255.255.255", "169.254.0.1", "240.0.0.1",
                                 "[fec0::1]", "[fd00::1]"}) {
    EXPECT_TRUE(Parse(absl::StrCat(host, ":80")).ok()) << host;
  }
}

TEST(Url, ASchemeHasATransport) {
  EXPECT_THAT(
      ErrorOf("tpc://h:1"),
      HasSubstr(
          "scheme tpc of \"tpc://h:1\" has no transport; there "
          "are transports for ipc, loopback, plain, shm, tcp, tls, unix only"));
}

TEST(Url, AnErrorShowsWhatCannotBePrinted) {
  EXPECT_THAT(ErrorOf("h\xff\n:80"), HasSubstr("\"h\\xff\\x0a:80\""));
}

}  // namespace
}  // namespace raft_cluster::internal
