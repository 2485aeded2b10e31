#include "raft/transport/registry.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/builtin/builtin.h"

namespace raft_cluster::internal {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Opens nothing, and says that it was asked.
Opener Refusing(const char* message) {
  return [message](const TransportSpec&) {
    return absl::UnavailableError(message);
  };
}

TransportSpec SpecFor(absl::string_view url) {
  TransportSpec spec;
  spec.url = ParseUrl(url).value();
  return spec;
}

TEST(Registry, OpensByScheme) {
  Registry registry;
  ASSERT_TRUE(registry.Register("a", Refusing("opened by a")).ok());
  ASSERT_TRUE(registry.Register("b", Refusing("opened by b")).ok());
  EXPECT_EQ(registry.Open(SpecFor("a://x")).status().message(), "opened by a");
  EXPECT_EQ(registry.Open(SpecFor("b://x")).status().message(), "opened by b");
}

TEST(Registry, AsksTheCarrierWhatAKeyIs) {
  Registry registry;
  ASSERT_TRUE(registry.Register("a", Refusing("")).ok());
  ASSERT_TRUE(registry
                  .Register("b", Refusing(""), nullptr,
                            [](absl::string_view key) {
                              return absl::InvalidArgumentError(key);
                            })
                  .ok());
  EXPECT_TRUE(registry.CheckKey("a", "any").ok()) << "it does not say";
  EXPECT_TRUE(registry.CheckKey("c", "any").ok()) << "there is none";
  EXPECT_EQ(registry.CheckKey("b", "any").message(), "any");
}

TEST(Registry, KnowsTheKeysOfTcp) {
  const Registry registry = BuiltinTransports();
  EXPECT_TRUE(
      registry.CheckKey("tcp", "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
          .ok());
  EXPECT_EQ(registry.CheckKey("tcp", "Yne@$w-vo").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Registry, KnowsTheKeysOfTls) {
  const Registry registry = BuiltinTransports();
  EXPECT_TRUE(registry.CheckKey("tls", "sha256:" + std::string(64, 'a')).ok());
  EXPECT_EQ(registry.CheckKey("tls", "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Registry, RefusesASecondClaim) {
  Registry registry;
  ASSERT_TRUE(registry.Register("udp", Refusing("first")).ok());
  const absl::Status second = registry.Register("udp", Refusing("second"));
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(second.message(), HasSubstr("\"udp\""));
  EXPECT_EQ(registry.Open(SpecFor("udp://x")).status().message(), "first");
}

TEST(Registry, RefusesWhatIsNoSchemeOrNoOpener) {
  Registry registry;
  for (absl::string_view scheme : {"", "UDP", "1a", "a_b", "a:", "-"}) {
    EXPECT_EQ(registry.Register(scheme, Refusing("")).code(),
              absl::StatusCode::kInvalidArgument)
        << scheme;
  }
  EXPECT_EQ(registry.Register("udp", nullptr).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(registry.schemes(), ElementsAre());
}

TEST(Registry, NamesThoseThereAreWhereASchemeIsUnknown) {
  Registry registry;
  EXPECT_EQ(registry.Open(SpecFor("x://y")).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(registry.Register("b", Refusing("")).ok());
  ASSERT_TRUE(registry.Register("a", Refusing("")).ok());
  EXPECT_THAT(registry.Open(SpecFor("x://y")).status().message(),
              AllOf(HasSubstr("\"x://y\""), HasSubstr("one of a, b")));
  EXPECT_FALSE(registry.Knows("x"));
  EXPECT_TRUE(registry.Knows("a"));
}

TEST(Registry, AsksTheCarrierWhatAUrlMeans) {
  Registry registry;
  ASSERT_TRUE(registry.Register("plain", Refusing("")).ok());
  ASSERT_TRUE(registry
                  .Register("udp", Refusing(""),
                            [](const Url& url) -> absl::StatusOr<ParsedUrl> {
                              if (url.address == "bad") {
                                return UrlError(url, "name", "", "is bad");
                              }
                              return ParsedUrl{{url.scheme, "one", url.text},
                                               url.address == "*"};
                            })
                  .ok());
  EXPECT_EQ(registry.Parse("UDP://x").value().url.ToString(), "udp://one");
  EXPECT_FALSE(registry.Parse("udp://x").value().wildcard);
  EXPECT_TRUE(registry.Parse("udp://*").value().wildcard);
  EXPECT_EQ(registry.Parse("udp://bad").status().message(),
            "name of \"udp://bad\" is bad");
  EXPECT_EQ(registry.Parse("plain://What: ever").value().url.ToString(),
            "plain://What: ever");
  EXPECT_EQ(registry.Parse("udp://").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Registry, NamesThoseThereAreWhereItCannotParse) {
  Registry registry;
  EXPECT_THAT(registry.Parse("h:1").status().message(),
              HasSubstr("none is registered"));
  ASSERT_TRUE(registry.Register("b", Refusing("")).ok());
  ASSERT_TRUE(registry.Register("a", Refusing("")).ok());
  const absl::Status status = registry.Parse("x://y").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("\"x://y\""), HasSubstr("for a, b only")));
}

TEST(Registry, CopiesAreIndependentButShareAnOpenersState) {
  const Registry one = BuiltinTransports();
  Registry copy = one;
  ASSERT_TRUE(copy.Register("udp", Refusing("")).ok());
  EXPECT_FALSE(one.Knows("udp"));

  const TransportSpec spec = SpecFor("loopback://name");
  const auto transport = one.Open(spec);
  ASSERT_TRUE(transport.ok());
  EXPECT_EQ(copy.Open(spec).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(BuiltinTransports().Open(spec).ok());
}

TEST(Registry, BuiltinTransportsAreThere) {
  EXPECT_THAT(
      BuiltinTransports().schemes(),
      ElementsAre("ipc", "loopback", "plain", "shm", "tcp", "tls", "unix"));
}

}  // namespace
}  // namespace raft_cluster::internal
