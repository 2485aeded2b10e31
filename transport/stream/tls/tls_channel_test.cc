// What a TLS channel does with bytes, and with sockets that do not take them.
#include "raft/transport/stream/tls/tls_channel.h"

#include <malloc.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <memory>
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

using stream::Io;
using stream::Progress;
using testing::HasSubstr;

std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 7);
  return text;
}

class Channels : public testing::Test {
 protected:
  Channels() {
    one_.secret = NewTlsCredentials().value();
    two_.secret = NewTlsCredentials().value();
    one_.listed[1] = {TlsPinOf(one_.secret).value()};
    one_.listed[2] = {TlsPinOf(two_.secret).value()};
    two_.listed = one_.listed;
  }

  // Server 2 calls server 1.
  std::unique_ptr<TestPair> Connect() {
    auto pair =
        std::make_unique<TestPair>(ContextOf(two_, 2), ContextOf(one_, 1));
    pair->Shake();
    EXPECT_EQ(pair->dialled(), Progress::kDone) << pair->dialler().why();
    EXPECT_EQ(pair->accepted(), Progress::kDone) << pair->acceptor().why();
    return pair;
  }

  // All of `text` gets through, in whatever pieces.
  static void ExpectThrough(TlsChannel& from, TlsChannel& to,
                            const std::string& text) {
    size_t written = 0;
    std::string read;
    for (int i = 0; i < 100000 && read.size() < text.size(); ++i) {
      if (written < text.size()) {
        written += WriteSome(from, text.substr(written, size_t{1} << 20));
      }
      read += ReadAll(to);
    }
    EXPECT_TRUE(read == text) << read.size() << " of " << text.size();
    EXPECT_FALSE(from.wants_write());
  }

  TransportKeys one_;
  TransportKeys two_;
};

TEST_F(Channels, ProveBothEnds) {
  const auto pair = Connect();
  EXPECT_EQ(pair->dialler().proven(), 1);
  EXPECT_EQ(pair->acceptor().proven(), 2);
  pair->acceptor().Claim(1);
  EXPECT_EQ(pair->acceptor().proven(), 2) << "a claim is no proof";
}

TEST_F(Channels, CarryBytesBothWays) {
  const auto pair = Connect();
  for (size_t size : {size_t{1}, size_t{100}, size_t{16384}, size_t{16385},
                      size_t{65536}, size_t{5} << 20}) {
    ExpectThrough(pair->dialler(), pair->acceptor(), Pattern(size));
    ExpectThrough(pair->acceptor(), pair->dialler(), Pattern(size + 1));
  }
}

TEST_F(Channels, TakePartsAsOne) {
  const auto pair = Connect();
  std::vector<std::string> texts;
  for (size_t size : {0, 3, 20000, 1, 0, 16384, 40000, 7}) {
    texts.push_back(Pattern(size));
  }
  std::vector<iovec> parts;
  std::string all;
  for (std::string& text : texts) {
    parts.push_back({&text[0], text.size()});
    all += text;
  }
  const Io io =
      pair->dialler().Write(parts.data(), static_cast<int>(parts.size()));
  EXPECT_EQ(io.progress, Progress::kDone);
  EXPECT_EQ(io.bytes, all.size());
  EXPECT_TRUE(ReadAll(pair->acceptor()) == all);
}

// What the socket has not taken is not said to be moved, and comes again.
TEST_F(Channels, WaitForASocketThatIsFull) {
  const auto pair = Connect();
  const std::string text = Pattern(size_t{8} << 20);
  const size_t first = WriteSome(pair->dialler(), text);
  EXPECT_LT(first, text.size());
  EXPECT_TRUE(pair->dialler().wants_write());
  const iovec rest = {const_cast<char*>(text.data()) + first,
                      text.size() - first};
  EXPECT_EQ(pair->dialler().Write(&rest, 1).progress, Progress::kAgain);
  std::string read = ReadAll(pair->acceptor());
  EXPECT_GE(read.size(), first);
  size_t written = first;
  while (written < text.size()) {
    written += WriteSome(pair->dialler(), text.substr(written));
    const std::string more = ReadAll(pair->acceptor());
    ASSERT_TRUE(written == text.size() || !more.empty());
    read += more;
  }
  EXPECT_TRUE(read == text);
  EXPECT_FALSE(pair->dialler().wants_write());
}

// Both write more than the sockets hold before either reads.
TEST_F(Channels, GoBothWaysWhileBothAreFull) {
  const auto pair = Connect();
  const std::string text = Pattern(size_t{2} << 20);
  size_t written[2] = {0, 0};
  std::string read[2];
  TlsChannel* const ends[2] = {&pair->dialler(), &pair->acceptor()};
  for (int i = 0;
       i < 100000 && read[0].size() + read[1].size() < 2 * text.size(); ++i) {
    for (int end : {0, 1}) {
      if (written[end] < text.size()) {
        written[end] += WriteSome(*ends[end], text.substr(written[end]));
      }
    }
    for (int end : {0, 1}) read[end] += ReadAll(*ends[end]);
  }
  EXPECT_TRUE(read[0] == text);
  EXPECT_TRUE(read[1] == text);
}

// Whoever changes its keys over and over, which makes no bytes to read, does
// not keep its reader.
TEST_F(Channels, AreNotKeptByNewKeys) {
  OwnedFd near;
  OwnedFd far;
  ConnectedSockets(near, far);
  Shared shared;
  shared.context = ContextOf(one_, 1);
  TlsChannel channel(std::move(near), &shared, 0);
  const auto context = ContextOf(two_, 2);
  std::string written;
  SocketBio socket(far.get(), &written);
  class Trusting : public CertificateJudge {
    Verdict Judge(X509* /*shown*/, STACK_OF(X509) * /*others*/) override {
      return Verdict();
    }
  } trusting;
  const Owned<SSL> ssl = context->NewSession(&trusting);
  BIO* const bio = socket.NewBio().release();
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_connect_state(ssl.get());
  for (int i = 0; i < 10; ++i) {
    socket.AllowToRead(100000);
    SSL_do_handshake(ssl.get());
    socket.Flush();
    channel.Handshake();
  }
  ASSERT_EQ(channel.proven(), 2) << channel.why();
  // Each asks for another key in return.
  while (socket.written_bytes() < (size_t{180} << 10)) {
    SSL_key_update(ssl.get(), SSL_KEY_UPDATE_REQUESTED);
    ASSERT_EQ(SSL_do_handshake(ssl.get()), 1);
  }
  socket.Flush();
  ASSERT_TRUE(socket.empty());
  const auto unread = [&channel] {
    int bytes = 0;
    EXPECT_EQ(ioctl(channel.fd(), FIONREAD, &bytes), 0);
    return bytes;
  };
  char byte;
  EXPECT_EQ(channel.Read(&byte, 1).progress, Progress::kAgain);
  EXPECT_GT(unread(), 0) << "not all at once";
  for (int i = 0; i < 100 && unread() > 0; ++i) {
    EXPECT_EQ(channel.Read(&byte, 1).progress, Progress::kAgain);
  }
  EXPECT_EQ(unread(), 0);
  EXPECT_FALSE(channel.wants_write()) << "nobody polls for answers alone";
}

// pending() says what no descriptor tells, and does not stay on for ever.
TEST_F(Channels, TellOfWhatIsDecrypted) {
  const auto pair = Connect();
  const std::string text = Pattern(60000);
  ASSERT_EQ(WriteSome(pair->dialler(), text), text.size());
  TlsChannel& to = pair->acceptor();
  std::string read;
  char some[1000];
  Io io = to.Read(some, sizeof(some));
  while (io.progress == Progress::kDone) {
    read.append(some, io.bytes);
    if (read.size() < text.size()) {
      EXPECT_TRUE(to.pending()) << read.size();
    }
    io = to.Read(some, sizeof(some));
  }
  EXPECT_EQ(io.progress, Progress::kAgain);
  EXPECT_FALSE(to.pending());
  EXPECT_TRUE(read == text);
}

TEST_F(Channels, SeeTheEndAfterTheLastByte) {
  const auto pair = Connect();
  ASSERT_EQ(WriteSome(pair->dialler(), "bye"), 3u);
  pair->EndDialler();
  EXPECT_EQ(ReadAll(pair->acceptor()), "bye");
  char byte;
  EXPECT_EQ(pair->acceptor().Read(&byte, 1).progress, Progress::kClosed);
  EXPECT_THAT(std::string(pair->acceptor().why().message()),
              HasSubstr("hangs up"));
  EXPECT_EQ(pair->acceptor().Read(&byte, 1).progress, Progress::kClosed);
}

// Without a signal: the test would end by it.
TEST_F(Channels, FailToWriteToWhoHasGone) {
  const auto pair = Connect();
  ASSERT_EQ(WriteSome(pair->acceptor(), "bye"), 3u);
  pair->EndAcceptor();
  const iovec part = {const_cast<char*>("text"), 4};
  EXPECT_EQ(pair->dialler().Write(&part, 1).progress, Progress::kFailed);
  EXPECT_FALSE(pair->dialler().wants_write());
  EXPECT_EQ(pair->dialler().Write(&part, 1).progress, Progress::kFailed);
  // What came before is not lost.
  EXPECT_EQ(ReadAll(pair->dialler()), "bye");
  char byte;
  EXPECT_EQ(pair->dialler().Read(&byte, 1).progress, Progress::kClosed);
  EXPECT_EQ(pair->dialler().Write(&part, 1).progress, Progress::kClosed);
}

// Whoever writes before it reads still gets to know why it was turned away.
TEST_F(Channels, FailToWriteToWhoHasTurnedThemAway) {
  one_.listed[2] = {one_.listed[1][0]};
  TestPair pair(ContextOf(two_, 2), ContextOf(one_, 1));
  Progress dialled = Progress::kAgain;
  Progress accepted = Progress::kAgain;
  for (int i = 0; i < 100; ++i) {
    if (dialled == Progress::kAgain) dialled = pair.dialler().Handshake();
    if (accepted == Progress::kAgain) accepted = pair.acceptor().Handshake();
  }
  ASSERT_EQ(dialled, Progress::kDone);
  ASSERT_EQ(accepted, Progress::kFailed);
  pair.EndAcceptor();
  const iovec part = {const_cast<char*>("text"), 4};
  EXPECT_EQ(pair.dialler().Write(&part, 1).progress, Progress::kFailed);
  char byte;
  EXPECT_EQ(pair.dialler().Read(&byte, 1).progress, Progress::kFailed);
  EXPECT_THAT(std::string(pair.dialler().why().message()),
              HasSubstr("key is not listed"));
}

TEST_F(Channels, DoNotTakeWhatSomebodyHasChanged) {
  const auto pair = Connect();
  // A record that nobody has encrypted with the keys of this connection.
  const std::string record =
      std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ASSERT_EQ(send(pair->dialler().fd(), record.data(), record.size(),
                 MSG_NOSIGNAL | MSG_DONTWAIT),
            static_cast<ssize_t>(record.size()));
  char byte;
  EXPECT_EQ(pair->acceptor().Read(&byte, 1).progress, Progress::kFailed);
  EXPECT_THAT(std::string(pair->acceptor().why().message()),
              HasSubstr("bad record mac"));
  EXPECT_EQ(pair->dialler().Read(&byte, 1).progress, Progress::kFailed);
}

TEST_F(Channels, AreProvenByOtherKeysOrNot) {
  const auto pair = Connect();
  const std::string& key = pair->acceptor().key();
  const auto proves = [&](Pid peer) {
    return ContextOf(one_, 1)->trust().Proves(peer, key);
  };
  EXPECT_TRUE(proves(2));
  EXPECT_FALSE(proves(1));
  EXPECT_FALSE(proves(3));
  one_.listed[2].push_back(TlsPinOf(NewTlsCredentials().value()).value());
  EXPECT_TRUE(proves(2)) << "one more";
  one_.listed[2].erase(one_.listed[2].begin());
  EXPECT_FALSE(proves(2)) << "taken away";
}

TEST_F(Channels, AreProvenWhileTheirCaIsBelieved) {
  const TestCa ca;
  TestCertificate certificate;
  const auto issue = [&](const std::string& name) {
    certificate.names = {name};
    return ca.Issue(certificate);
  };
  one_.authorities = two_.authorities = ca.pem();
  one_.secret = issue("URI:raft://orders/1");
  two_.secret = issue("IP:127.0.0.1");
  one_.listed = {{1, {"raft://orders/1"}}, {2, {"tls://127.0.0.1:10002"}}};
  two_.listed = one_.listed;
  const auto pair = Connect();
  EXPECT_EQ(pair->acceptor().proven(), 2);
  const std::string& key = pair->acceptor().key();
  const auto proves = [&] {
    return ContextOf(one_, 1)->trust().Proves(2, key);
  };
  EXPECT_TRUE(proves());
  one_.authorities += TestCa().pem();
  EXPECT_TRUE(proves());
  one_.listed[2] = {"tls://127.0.0.2:10002"};
  EXPECT_FALSE(proves()) << "of another host";
  one_.listed[2] = {"tls://127.0.0.1:10002"};
  one_.authorities = TestCa().pem();
  EXPECT_FALSE(proves()) << "by a CA of before";
}

TEST_F(Channels, DoNotBeginWithKeysOfBefore) {
  Shared one;
  Shared two;
  one.context = ContextOf(one_, 1);
  two.context = ContextOf(two_, 2);
  TestPair pair(&two, &one, 1);
  EXPECT_EQ(pair.acceptor().Handshake(), Progress::kAgain);
  one.context = ContextOf(one_, 1);
  pair.Shake();
  EXPECT_EQ(pair.accepted(), Progress::kFailed);
  EXPECT_THAT(std::string(pair.acceptor().why().message()),
              HasSubstr("the keys have changed"));
}

TEST_F(Channels, ByACaAndAnIntermediateOne) {
  const TestCa root;
  const TestCa ca(root, TestCa::Root());
  TestCertificate certificate;
  certificate.names = {"DNS:DB-1", "URI:raft://orders/1"};
  one_.secret = ca.Issue(certificate, /*chain=*/true);
  certificate.names = {"DNS:db-2"};
  two_.secret = ca.Issue(certificate, /*chain=*/true);
  one_.authorities = root.pem();
  two_.authorities = ca.pem();  // Good enough.
  one_.listed = {{1, {"raft://orders/1", "tls://db-1:1"}},
                 {2, {"raft://orders/2", "tls://db-2:1"}},
                 {3, {"raft://orders/3", "tls://db-2:2"}}};
  two_.listed = one_.listed;
  const auto pair = Connect();
  EXPECT_EQ(pair->acceptor().proven(), 2);
  pair->acceptor().Claim(3);
  EXPECT_EQ(pair->acceptor().proven(), 3) << "on the same host";
  pair->acceptor().Claim(1);
  EXPECT_EQ(pair->acceptor().proven(), 3);
  EXPECT_EQ(pair->dialler().proven(), 1);
}

TEST_F(Channels, AreSmallWhereTheyAreIdle) {
  constexpr int kPairs = 50;
  constexpr size_t kMaxBytes = size_t{40} << 10;
  Shared one;
  Shared two;
  one.context = ContextOf(one_, 1);
  two.context = ContextOf(two_, 2);
  const std::string text = Pattern(100000);
  std::vector<std::unique_ptr<TestPair>> pairs;
  const auto in_use = [] { return mallinfo2().uordblks; };
  size_t before = 0;
  for (int i = 0; i <= kPairs; ++i) {
    if (i == 1) before = in_use();  // What comes once was there with the first.
    pairs.push_back(std::make_unique<TestPair>(&two, &one, 1));
    pairs.back()->Shake();
    ExpectThrough(pairs.back()->dialler(), pairs.back()->acceptor(), text);
  }
  if (before == 0) GTEST_SKIP() << "this malloc, a sanitizer's, does not tell";
  const size_t each = (in_use() - before) / kPairs / 2;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LT(each, kMaxBytes);
}

}  // namespace
}  // namespace raft_cluster::internal::tls
