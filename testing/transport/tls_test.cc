// tls:// between two servers, one of which shows a certificate that is no good:
// whoever it calls, and whoever calls it, turns it away, and both can say why.
#include "raft/transport/stream/tls/tls.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/stream/tls/testing_certificates.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

class Tls : public testing::Test {
 protected:
  Secret Issue(const std::vector<std::string>& names, int from = -1,
               int until = 365) {
    TestCertificate certificate;
    certificate.names = names;
    certificate.from_days = from;
    certificate.until_days = until;
    return ca_.Issue(certificate);
  }
  TransportKeys Named(const Secret& own) {
    TransportKeys keys;
    keys.secret = own;
    keys.authorities = ca_.pem();
    keys.listed = {{1, {"raft://orders/1"}}, {2, {"raft://orders/2"}}};
    return keys;
  }
  // The same for who shows what names cannot prove.
  TransportKeys Pinned(const Secret& own) {
    TransportKeys keys = Named(own);
    keys.listed[2] = {TlsPinOf(own).value()};
    return keys;
  }
  static std::unique_ptr<Node> Open(Pid self, const TransportKeys& keys) {
    const TransportUnderTest under_test = {
        TlsTransport(), [] {
          return ParseUrl(absl::StrCat("tls://", OwnAddress(), ":0")).value();
        }};
    return std::make_unique<Node>(under_test, [&](TransportSpec& spec) {
      spec.self = self;
      spec.keys = keys;
    });
  }
  static bool SaidOf(const Node& node, Pid peer, const std::string& words) {
    const auto found = node.troubles.find(peer);
    if (found == node.troubles.end()) return false;
    for (const absl::Status& trouble : found->second) {
      if (absl::StrContains(trouble.message(), words)) return true;
    }
    return false;
  }

  // Server 2, whose keys these are, calls server 1, and is called.
  void ExpectRefused(const TransportKeys& keys, TurnedAway refusal,
                     const std::string& why, const std::string& turned_away) {
    SCOPED_TRACE(why);
    const auto one = Open(1, Named(Issue({"URI:raft://orders/1"})));
    const auto two = Open(2, keys);
    ASSERT_TRUE((*two)->Connect({1, (*one)->url()}).ok());
    EXPECT_TRUE(RunUntil({one.get(), two.get()}, [&] {
      return one->refused[refusal] > 0 && SaidOf(*two, 1, turned_away);
    })) << one->refused[refusal];
    const int before = two->refused[TurnedAway::kHandshake];
    EXPECT_GT(before, 0) << "its own call";
    ASSERT_TRUE((*one)->Connect({2, (*two)->url()}).ok());
    EXPECT_TRUE(RunUntil({one.get(), two.get()}, [&] {
      return SaidOf(*one, 2, why) &&
             two->refused[TurnedAway::kHandshake] > before + 1;
    }));
    EXPECT_EQ(one->resets[2] + two->resets[1], 0);
    EXPECT_TRUE(one->frames.empty() && two->frames.empty());
  }

  const TestCa ca_;
};

TEST_F(Tls, IsNamedInCertificates) {
  const auto one = Open(1, Named(Issue({"URI:raft://orders/1"})));
  const auto two = Open(2, Named(Issue({"URI:raft://orders/2"})));
  ASSERT_TRUE((*one)->Connect({2, (*two)->url()}).ok());
  ASSERT_TRUE((*two)->Connect({1, (*one)->url()}).ok());
  EXPECT_TRUE((*one)->properties().proves_peers);
  EXPECT_TRUE((*one)->properties().proves_integrity);
  EXPECT_TRUE(RunUntil({one.get(), two.get()}, [&] {
    (*one)->Send(2, Text("to two"));
    (*two)->Send(1, Text("to one"));
    return one->CountOf("to one") > 0 && two->CountOf("to two") > 0;
  }));
  EXPECT_EQ(one->frames[0].origin.proven, 2);
  EXPECT_EQ(two->frames[0].origin.proven, 1);
}

// As behind a firewall that lets nobody in.
TEST_F(Tls, ServesTwoOfWhomOneCannotBeCalled) {
  for (const Pid caller : {1, 2}) {
    SCOPED_TRACE(absl::StrCat(caller, " calls"));
    const Pid called = 3 - caller;
    const auto name = [](Pid pid) {
      return absl::StrCat("URI:raft://orders/", pid);
    };
    const auto from = Open(caller, Named(Issue({name(caller)})));
    const auto to = Open(called, Named(Issue({name(called)})));
    Url nowhere = (*from)->url();
    {
      const auto closed = Open(caller, Named(Issue({name(caller)})));
      nowhere = (*closed)->url();
    }
    ASSERT_TRUE((*from)->Connect({called, (*to)->url()}).ok());
    ASSERT_TRUE((*to)->Connect({caller, nowhere}).ok());
    EXPECT_TRUE(RunUntil({from.get(), to.get()}, [&] {
      (*from)->Send(called, Text("there"));
      (*to)->Send(caller, Text("back"));
      return to->CountOf("there") > 0 && from->CountOf("back") > 0;
    }));
    EXPECT_EQ(to->resets[caller], 1);
    EXPECT_EQ(from->resets[called], 1);
  }
}

// Two of one host, which the host's certificate proves, each for itself.
TEST_F(Tls, IsOfAHostWithSeveralServers) {
  const std::string url = absl::StrCat("tls://", OwnAddress(), ":1");
  const auto keys = [&] {
    TransportKeys of_host = Named(Issue({absl::StrCat("IP:", OwnAddress())}));
    of_host.listed = {{1, {url}}, {2, {url}}, {3, {url}}};
    return of_host;
  };
  const auto one = Open(1, keys());
  const auto two = Open(2, keys());
  const auto three = Open(3, keys());
  ASSERT_TRUE((*two)->Connect({1, (*one)->url()}).ok());
  ASSERT_TRUE((*three)->Connect({1, (*one)->url()}).ok());
  EXPECT_TRUE(RunUntil({one.get(), two.get(), three.get()}, [&] {
    (*two)->Send(1, Text("2"));
    (*three)->Send(1, Text("3"));
    return one->CountOf("2") > 0 && one->CountOf("3") > 0;
  }));
  for (const Node::Arrived& arrived : one->frames) {
    EXPECT_EQ(absl::StrCat(arrived.origin.proven), arrived.bytes());
  }
}

TEST_F(Tls, DoesNotTakeACertificateThatHasExpired) {
  ExpectRefused(Named(Issue({"URI:raft://orders/2"}, -30, -10)),
                TurnedAway::kExpired, "its certificate expired on 20",
                "turned our certificate away: it has expired");
}

TEST_F(Tls, DoesNotTakeACertificateOfTomorrow) {
  ExpectRefused(Named(Issue({"URI:raft://orders/2"}, 10, 20)),
                TurnedAway::kNotYetValid, "is not valid before 20",
                "it is not valid yet");
}

TEST_F(Tls, DoesNotTakeACertificateOfAnotherCa) {
  TestCertificate certificate;
  certificate.names = {"URI:raft://orders/2"};
  ExpectRefused(Named(TestCa().Issue(certificate)), TurnedAway::kUntrusted,
                "signed by none of our CAs", "its key is not listed there");
}

TEST_F(Tls, DoesNotTakeACertificateThatItsOwnerHasSigned) {
  ExpectRefused(Pinned(NewTlsCredentials().value()), TurnedAway::kUntrusted,
                "is signed by itself", "its key is not listed there");
}

TEST_F(Tls, DoesNotTakeACertificateOfAnotherName) {
  ExpectRefused(Pinned(Issue({"URI:raft://sales/2"})), TurnedAway::kOtherName,
                "names raft://sales/2, not raft://orders/2",
                "it names no server that is listed there");
}

TEST(TlsKeys, AreMissed) {
  TransportSpec spec;
  spec.url = ParseUrl(absl::StrCat("tls://", OwnAddress(), ":0")).value();
  spec.self = 1;
  const absl::Status status = TlsTransport()(spec).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "nobody to believe"))
      << status;
}

}  // namespace
}  // namespace raft_cluster::internal
