// Certificates that are no good: whoever shows one gets no word in, and both
// ends can say why.
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/stream/tls/testing_certificates.h"
#include "raft/transport/stream/tls/testing_pair.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::tls {
namespace {

using stream::Progress;
using testing::HasSubstr;

constexpr char kUrl1[] = "tls://127.0.0.1:10001";
constexpr char kUrl2[] = "tls://db-2:10002";

TestCertificate Named(const std::vector<std::string>& names, int from = -1,
                      int until = 365) {
  TestCertificate certificate;
  certificate.names = names;
  certificate.from_days = from;
  certificate.until_days = until;
  return certificate;
}

TestCertificate ExpiredRoot() {
  TestCertificate root = TestCa::Root();
  root.from_days = -20;
  root.until_days = -10;
  return root;
}

TestCertificate OnlyFor(const std::string& usage) {
  TestCertificate certificate = Named({"URI:raft://orders/2"});
  certificate.key_usage = usage;
  return certificate;
}

const TestCa& Ours() {
  static const auto* const ca = new TestCa;
  return *ca;
}
const TestCa& Expired() {
  static const auto* const ca = new TestCa(ExpiredRoot());
  return *ca;
}

// Server 2 shows this, and server 1 does not like it.
struct Bad {
  const char* name;
  Secret shown;
  // What it shows is listed for server 2, or for server 3 instead, or for
  // nobody. Otherwise names count.
  enum class Pinned { kNo, kForIt, kForAnother, kForNobody } pinned;
  TurnedAway refusal;       // Where it is called, and where it calls.
  const char* why;          // The words there,
  const char* turned_away;  // and at its own end.
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

std::vector<Bad> AllBad() {
  constexpr auto kNo = Bad::Pinned::kNo;
  static constexpr char kExpired[] = "has expired";
  static constexpr char kEarly[] = "not valid yet";
  static constexpr char kUnknown[] = "its key is not listed there";
  static constexpr char kName[] = "it names no server";
  const std::vector<std::string> good = {"URI:raft://orders/2"};
  TestCertificate not_ca = Named({"URI:raft://orders/9"});
  return {
      {"PinnedExpired", SelfSigned(Named({}, -30, -10)), Bad::Pinned::kForIt,
       TurnedAway::kExpired, "its certificate expired on 20", kExpired},
      {"PinnedNotYetValid", SelfSigned(Named({}, 10, 30)), Bad::Pinned::kForIt,
       TurnedAway::kNotYetValid, "is not valid before 20", kEarly},
      {"NotPinned", SelfSigned(), Bad::Pinned::kForNobody,
       TurnedAway::kUnknownKey, "is not listed", kUnknown},
      {"Expired", Ours().Issue(Named(good, -30, -10)), kNo,
       TurnedAway::kExpired, "its certificate expired on 20", kExpired},
      {"NotYetValid", Ours().Issue(Named(good, 10, 30)), kNo,
       TurnedAway::kNotYetValid, "its certificate is not valid before 20",
       kEarly},
      {"OfAnotherCa", TestCa().Issue(Named(good)), kNo, TurnedAway::kUntrusted,
       "signed by none of our CAs", kUnknown},
      {"OfAnotherCaWithItsChain", TestCa().Issue(Named(good), true), kNo,
       TurnedAway::kUntrusted, "signed by none of our CAs", kUnknown},
      {"SelfSigned", SelfSigned(Named(good)), kNo, TurnedAway::kUntrusted,
       "signed by itself", kUnknown},
      {"OfAnExpiredCa", Expired().Issue(Named(good)), kNo, TurnedAway::kExpired,
       "the certificate of its CA expired on 20", kExpired},
      {"OfNoCa", TestCa(Ours(), not_ca).Issue(Named(good), true), kNo,
       TurnedAway::kUntrusted, "CA", kUnknown},
      {"OfAnotherCluster", Ours().Issue(Named({"URI:raft://sales/2"})), kNo,
       TurnedAway::kOtherName, "names raft://sales/2", kName},
      {"OfAnotherHost", Ours().Issue(Named({"DNS:db-3"})), kNo,
       TurnedAway::kOtherName, "names db-3", kName},
      {"OfAnotherIp", Ours().Issue(Named({"IP:127.0.0.2"})), kNo,
       TurnedAway::kOtherName, "names 127.0.0.2", kName},
      {"OfAWildcard", Ours().Issue(Named({"DNS:*"})), kNo,
       TurnedAway::kOtherName, "names *", kName},
      {"OfNobody", Ours().Issue(Named({})), kNo, TurnedAway::kOtherName,
       "names nobody", kName},
      {"OfSomeLongName",
       Ours().Issue(Named({"URI:raft://orders/2" + std::string(500, '0')})),
       kNo, TurnedAway::kOtherName, "...", kName},
  };
}

class Refusals : public testing::TestWithParam<Bad> {
 protected:
  Refusals() {
    const Bad& bad = GetParam();
    const Secret own = Ours().Issue(Named({"URI:raft://orders/1"}));
    const std::string own_pin = TlsPinOf(own).value();
    const std::string pin = TlsPinOf(bad.shown).value();
    const bool pins = bad.pinned != Bad::Pinned::kNo;
    TransportKeys judge;
    judge.secret = own;
    judge.listed[1] = {own_pin};
    judge.listed[2] = {"raft://orders/2", kUrl2};
    if (pins) judge.listed[2] = {own_pin};
    if (bad.pinned == Bad::Pinned::kForIt) judge.listed[2] = {pin};
    if (!pins) judge.authorities = Ours().pem() + Expired().pem();
    TransportKeys shows;
    shows.secret = bad.shown;
    shows.listed[1] = {own_pin};
    shows.listed[2] = {pin};
    judge_ = ContextOf(judge, 1);
    shows_ = ContextOf(shows, 2);
  }

  std::shared_ptr<const Context> judge_;
  std::shared_ptr<const Context> shows_;
};

TEST_P(Refusals, OfWhoHasCalled) {
  const Bad& bad = GetParam();
  TestPair pair(shows_, judge_, /*called=*/1);
  pair.Shake();
  EXPECT_EQ(pair.accepted(), Progress::kFailed);
  EXPECT_EQ(pair.acceptor().refusal(), bad.refusal);
  EXPECT_THAT(std::string(pair.acceptor().why().message()), HasSubstr(bad.why));
  EXPECT_EQ(pair.acceptor().proven(), 0);
  EXPECT_EQ(pair.dialled(), Progress::kFailed);
  EXPECT_EQ(pair.dialler().refusal(), TurnedAway::kHandshake);
  EXPECT_THAT(std::string(pair.dialler().why().message()),
              HasSubstr(bad.turned_away));
}

TEST_P(Refusals, OfWhoWasCalled) {
  const Bad& bad = GetParam();
  TestPair pair(judge_, shows_, /*called=*/2);
  pair.Shake();
  EXPECT_EQ(pair.dialled(), Progress::kFailed);
  EXPECT_THAT(std::string(pair.dialler().why().message()), HasSubstr(bad.why));
  EXPECT_EQ(pair.dialler().proven(), 0);
  EXPECT_EQ(pair.accepted(), Progress::kFailed);
  EXPECT_EQ(pair.acceptor().refusal(), TurnedAway::kHandshake);
  EXPECT_THAT(std::string(pair.acceptor().why().message()),
              HasSubstr(bad.turned_away));
}

INSTANTIATE_TEST_SUITE_P(All, Refusals, testing::ValuesIn(AllBad()),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

// A certificate that is good, though not for whom it should be.
class OtherPeer : public testing::Test {
 protected:
  // Server 1 calls server 2, which shows this.
  void ExpectRefused(const TransportKeys& judge, const Secret& shown,
                     const std::string& why) {
    TransportKeys shows;
    shows.secret = shown;
    shows.listed[1] = {TlsPinOf(judge.secret).value()};
    shows.listed[2] = {TlsPinOf(shown).value()};
    TestPair pair(ContextOf(judge, 1), ContextOf(shows, 2), /*called=*/2);
    pair.Shake();
    EXPECT_EQ(pair.dialled(), Progress::kFailed);
    EXPECT_EQ(pair.dialler().refusal(), TurnedAway::kOtherName);
    EXPECT_THAT(std::string(pair.dialler().why().message()), HasSubstr(why));
    EXPECT_EQ(pair.accepted(), Progress::kFailed);
    EXPECT_THAT(std::string(pair.acceptor().why().message()),
                HasSubstr("or another one"));
  }
};

TEST_F(OtherPeer, IsFoundOutByItsKey) {
  TransportKeys judge;
  judge.secret = SelfSigned();
  const Secret shown = SelfSigned();
  judge.listed[1] = {TlsPinOf(judge.secret).value()};
  judge.listed[2] = {TlsPinOf(SelfSigned()).value()};
  judge.listed[3] = {TlsPinOf(shown).value()};
  ExpectRefused(judge, shown, "that of server 3, not of server 2");
}

TEST_F(OtherPeer, IsFoundOutByItsName) {
  TransportKeys judge;
  judge.authorities = Ours().pem();
  judge.secret = Ours().Issue(Named({"URI:raft://orders/1"}));
  judge.listed[1] = {"raft://orders/1", kUrl1};
  judge.listed[2] = {"raft://orders/2", kUrl2};
  judge.listed[3] = {"raft://orders/3", "tls://db-3:10003"};
  ExpectRefused(judge, Ours().Issue(Named({"URI:raft://orders/3"})),
                "that of server 3, not of server 2");
  ExpectRefused(judge, Ours().Issue(Named({"DNS:db-3"})),
                "that of server 3, not of server 2");
}

// Who may be a client only is no server, and the other way about.
TEST(KeyUsage, IsOfBothKinds) {
  TransportKeys judge;
  judge.authorities = Ours().pem();
  judge.secret = Ours().Issue(Named({"URI:raft://orders/1"}));
  judge.listed[1] = {"raft://orders/1"};
  judge.listed[2] = {"raft://orders/2"};
  for (const char* usage : {"serverAuth", "clientAuth"}) {
    TransportKeys shows = judge;
    shows.secret = Ours().Issue(OnlyFor(usage));
    const bool calls = usage == std::string("serverAuth");
    const auto one = ContextOf(judge, 1);
    const auto two = ContextOf(shows, 2);
    TestPair pair(calls ? two : one, calls ? one : two, calls ? 1 : 2);
    pair.Shake();
    TlsChannel& at = calls ? pair.acceptor() : pair.dialler();
    TlsChannel& far = calls ? pair.dialler() : pair.acceptor();
    EXPECT_EQ(at.refusal(), TurnedAway::kUntrusted);
    EXPECT_THAT(std::string(at.why().message()), HasSubstr("purpose"));
    EXPECT_THAT(std::string(far.why().message()),
                HasSubstr("both clients and servers"));
  }
  TransportKeys shows = judge;
  shows.secret = Ours().Issue(OnlyFor("serverAuth,clientAuth"));
  TestPair pair(ContextOf(shows, 2), ContextOf(judge, 1));
  pair.Shake();
  EXPECT_EQ(pair.accepted(), Progress::kDone);
}

// Those who do not even get so far as to show a certificate.
class Strangers : public testing::Test {
 protected:
  Strangers() {
    keys_.secret = SelfSigned();
    keys_.listed[1] = {TlsPinOf(keys_.secret).value()};
    ConnectedSockets(near_, far_);
  }

  // Calls, is called, as `context` has it.
  void Meet(SSL_CTX* context, bool calls) {
    shared_.context = ContextOf(keys_, 1);
    TlsChannel channel(std::move(near_), &shared_, calls ? 0 : 1);
    std::string shared;
    SocketBio socket(far_.get(), &shared);
    const Owned<SSL> ssl(SSL_new(context));
    BIO* const bio = socket.NewBio().release();
    SSL_set_bio(ssl.get(), bio, bio);
    if (calls) {
      SSL_set_connect_state(ssl.get());
    } else {
      SSL_set_accept_state(ssl.get());
    }
    for (int i = 0; i < 100; ++i) {
      socket.AllowToRead(size_t{1} << 16);
      SSL_do_handshake(ssl.get());
      socket.Flush();
      if (progress_ == Progress::kAgain) progress_ = channel.Handshake();
    }
    TakeErrors();
    refusal_ = channel.refusal();
    why_ = std::string(channel.why().message());
  }
  // Says this, and no more.
  void Say(const std::string& bytes, bool hang_up, Pid called = 0) {
    shared_.context = ContextOf(keys_, 1);
    TlsChannel channel(std::move(near_), &shared_, called);
    ASSERT_EQ(send(far_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    if (hang_up) far_ = OwnedFd();
    for (int i = 0; i < 100 && progress_ == Progress::kAgain; ++i) {
      progress_ = channel.Handshake();
    }
    refusal_ = channel.refusal();
    why_ = std::string(channel.why().message());
  }

  TransportKeys keys_;
  Shared shared_;
  OwnedFd near_;
  OwnedFd far_;
  Progress progress_ = Progress::kAgain;
  TurnedAway refusal_ = TurnedAway::kMalformed;
  std::string why_;
};

TEST_F(Strangers, WithoutACertificate) {
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  Meet(context.get(), /*calls=*/true);
  EXPECT_EQ(progress_, Progress::kFailed);
  EXPECT_EQ(refusal_, TurnedAway::kNoCertificate);
  EXPECT_THAT(why_, HasSubstr("shows no certificate"));
}

TEST_F(Strangers, WithTls12Call) {
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  Meet(context.get(), /*calls=*/true);
  EXPECT_EQ(progress_, Progress::kFailed);
  EXPECT_EQ(refusal_, TurnedAway::kOldProtocol);
  EXPECT_THAT(why_, HasSubstr("older TLS than 1.3"));
}

TEST_F(Strangers, WithTls12AreCalled) {
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  Meet(context.get(), /*calls=*/false);
  EXPECT_EQ(progress_, Progress::kFailed);
  EXPECT_EQ(refusal_, TurnedAway::kOldProtocol);
  EXPECT_THAT(why_, HasSubstr("does not speak TLS 1.3"));
}

TEST_F(Strangers, SpeakSomethingElse) {
  Say("GET / HTTP/1.1\r\nHost: here\r\n\r\n", /*hang_up=*/false);
  EXPECT_EQ(progress_, Progress::kFailed);
  EXPECT_EQ(refusal_, TurnedAway::kHandshake);
  EXPECT_EQ(why_, "it does not speak TLS");
}

TEST_F(Strangers, AnswerWithSomethingElse) {
  Say("SSH-2.0-OpenSSH_9.2\r\n", /*hang_up=*/false, /*called=*/1);
  EXPECT_EQ(progress_, Progress::kFailed);
  EXPECT_EQ(why_, "it does not speak TLS");
}

TEST_F(Strangers, SayNonsense) {
  // A record of a handshake with a message of a type that there is not.
  Say(std::string("\x16\x03\x01\x00\x05\xff\x00\x00\x01\x00", 10),
      /*hang_up=*/false);
  EXPECT_EQ(progress_, Progress::kFailed);
  EXPECT_EQ(refusal_, TurnedAway::kHandshake);
  EXPECT_THAT(why_, HasSubstr("does not do TLS as it should"));
}

TEST_F(Strangers, HangUp) {
  Say(std::string("\x16\x03\x01\x02", 4), /*hang_up=*/true);
  EXPECT_EQ(progress_, Progress::kClosed);
  EXPECT_THAT(why_, HasSubstr("hangs up in the TLS handshake"));
}

TEST_F(Strangers, SayHalfAndWait) {
  Say(std::string("\x16\x03\x01\x02", 4), /*hang_up=*/false);
  EXPECT_EQ(progress_, Progress::kAgain);
}

}  // namespace
}  // namespace raft_cluster::internal::tls
