#include "raft/testing/proxy/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>  // NOLINT(build/c++11)
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "raft/base/thread.h"
#include "raft/testing/eventually.h"
#include "raft/transport/net/tcp_address.h"

namespace raft_cluster::internal {
namespace {

using Way = TcpProxy::Way;
using Cut = TcpProxy::Cut;

// A socket of IPv4 that gives up waiting after kPatience.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    const timeval patience = absl::ToTimeval(kPatience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() { Close(); }

  static Socket ConnectTo(const Url& url) {
    Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
    const TcpAddress tcp = ParseTcpAddress(url).value();
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(tcp.port);
    inet_pton(AF_INET, tcp.host.c_str(), &address.sin_addr);
    EXPECT_EQ(connect(socket.fd_, reinterpret_cast<sockaddr*>(&address),
                      sizeof(address)),
              0);
    return socket;
  }

  int fd() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void CloseSending() { shutdown(fd_, SHUT_WR); }
  bool Send(const std::string& bytes) {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Up to so many bytes: fewer if the stream ends before.
  std::string Receive(size_t bytes) {
    std::string got(bytes, '\0');
    const ssize_t count = recv(fd_, &got[0], bytes, MSG_WAITALL);
    got.resize(count > 0 ? count : 0);
    return got;
  }
  // What comes next: 0 if it is the end, ECONNRESET, EAGAIN if nothing comes,
  // -1 if it is a byte.
  int Next() {
    char byte;
    const ssize_t count = recv(fd_, &byte, 1, 0);
    return count > 0 ? -1 : count == 0 ? 0 : errno;
  }
  bool HasNothing() {
    char byte;
    return recv(fd_, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

 private:
  int fd_;
};

class ProxyTest : public ::testing::Test {
 protected:
  struct Ends {
    Socket caller;
    Socket target;
  };

  ProxyTest() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_.fd(), generic, size), 0);
    EXPECT_EQ(listen(listener_.fd(), 10), 0);
    EXPECT_EQ(getsockname(listener_.fd(), generic, &size), 0);
    auto proxy = TcpProxy::Start(
        *ParseUrl(absl::StrCat("tcp://127.0.0.1:", ntohs(address.sin_port))));
    EXPECT_TRUE(proxy.ok()) << proxy.status();
    proxy_ = *std::move(proxy);
  }

  // One connection at a time, so that the two ends belong together.
  Ends Connect() {
    Socket caller = Socket::ConnectTo(proxy_->url());
    return {std::move(caller),
            Socket(accept(listener_.fd(), nullptr, nullptr))};
  }
  static void ExpectCarries(Ends& ends) {
    EXPECT_TRUE(ends.caller.Send("there"));
    EXPECT_EQ(ends.target.Receive(5), "there");
    EXPECT_TRUE(ends.target.Send("back"));
    EXPECT_EQ(ends.caller.Receive(4), "back");
  }
  bool HasPassed(Way way, uint64_t bytes) {
    return Eventually(
        [&] { return proxy_->counts().bytes[static_cast<int>(way)] >= bytes; });
  }

  Socket listener_;
  std::unique_ptr<TcpProxy> proxy_;
};

TEST_F(ProxyTest, CarriesBothWaysAndCounts) {
  Ends one = Connect();
  Ends two = Connect();
  ExpectCarries(one);
  ExpectCarries(two);
  EXPECT_EQ(proxy_->counts().accepted, 2);
  EXPECT_EQ(proxy_->counts().open, 2);
  EXPECT_EQ(proxy_->counts().cut, 0);
  EXPECT_TRUE(HasPassed(Way::kThere, 10));
  EXPECT_TRUE(HasPassed(Way::kBack, 8));
}

TEST_F(ProxyTest, CarriesMoreThanAnyBufferHolds) {
  Ends ends = Connect();
  const std::string much(size_t{16} << 20, 'x');
  std::string got;
  Thread sender([&] { EXPECT_TRUE(ends.caller.Send(much)); });
  got = ends.target.Receive(much.size());
  sender.join();
  EXPECT_TRUE(got == much);
}

TEST_F(ProxyTest, PassesTheEndOfAStreamOnAfterItsBytes) {
  Ends ends = Connect();
  EXPECT_TRUE(ends.caller.Send("last"));
  ends.caller.CloseSending();
  EXPECT_EQ(ends.target.Receive(5), "last");
  EXPECT_EQ(ends.target.Next(), 0);
  EXPECT_TRUE(ends.target.Send("still"));
  EXPECT_EQ(ends.caller.Receive(5), "still");
  ends.target.Close();
  EXPECT_EQ(ends.caller.Next(), 0);
  EXPECT_TRUE(Eventually([&] { return proxy_->counts().open == 0; }));
}

TEST_F(ProxyTest, ResetsWhoCallsAnAbsentTarget) {
  listener_.Close();
  Socket caller = Socket::ConnectTo(proxy_->url());
  EXPECT_EQ(caller.Next(), ECONNRESET);
}

TEST_F(ProxyTest, RefusesWhatItCannotBeAProxyOf) {
  for (const char* url : {"ipc:///tmp/x", "tcp://[::1]:5", "tcp://host:5",
                          "tcp://127.0.0.1:0", "tcp://*:5"}) {
    EXPECT_EQ(TcpProxy::Start(*ParseUrl(url)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << url;
  }
}

TEST_F(ProxyTest, CutsAfterExactlySoManyBytesAgainAndAgain) {
  for (Cut how : {Cut::kReset, Cut::kClose}) {
    proxy_->CutAfter(1000, how);
    for (int i = 0; i < 3; ++i) {
      Ends ends = Connect();
      EXPECT_TRUE(ends.target.Send(std::string(300, 'a')));
      EXPECT_EQ(ends.caller.Receive(300).size(), 300u);
      EXPECT_TRUE(ends.caller.Send(std::string(900, 'b')));
      EXPECT_EQ(ends.target.Receive(900).size(), 700u);
      EXPECT_TRUE(Eventually([&] { return proxy_->counts().open == 0; }));
    }
  }
  EXPECT_EQ(proxy_->counts().cut, 6);
  proxy_->CutAfter(0, Cut::kReset);
  Ends ends = Connect();
  EXPECT_TRUE(ends.caller.Send(std::string(5000, 'c')));
  EXPECT_EQ(ends.target.Receive(5000).size(), 5000u);
}

TEST_F(ProxyTest, ACutIsAResetOrAnEnd) {
  Ends one = Connect();
  ExpectCarries(one);
  proxy_->CutAll(Cut::kReset);
  EXPECT_EQ(one.caller.Next(), ECONNRESET);
  EXPECT_EQ(one.target.Next(), ECONNRESET);
  Ends two = Connect();
  ExpectCarries(two);
  proxy_->CutAll(Cut::kClose);
  EXPECT_EQ(two.caller.Next(), 0);
  EXPECT_EQ(two.target.Next(), 0);
  EXPECT_EQ(proxy_->counts().cut, 2);
}

TEST_F(ProxyTest, CutsNoneThatIsNotOldEnough) {
  proxy_->CutAfter(100, Cut::kReset, /*least_age=*/absl::Hours(1));
  Ends ends = Connect();
  EXPECT_TRUE(ends.caller.Send(std::string(1000, 'x')));
  EXPECT_EQ(ends.target.Receive(1000).size(), 1000u);
  ExpectCarries(ends);
  proxy_->CutAfter(100, Cut::kReset, /*least_age=*/absl::Milliseconds(20));
  EXPECT_TRUE(Eventually([&] {
    ends.caller.Send("x");
    return proxy_->counts().cut == 1;
  }));
}

TEST_F(ProxyTest, HalfClosesEitherWay) {
  Ends there = Connect();
  ExpectCarries(there);
  proxy_->HalfClose(Way::kThere);
  EXPECT_EQ(there.target.Next(), 0);
  EXPECT_TRUE(there.caller.Send("into the void"));
  EXPECT_TRUE(there.target.Send("still"));
  EXPECT_EQ(there.caller.Receive(5), "still");
  Ends back = Connect();
  ExpectCarries(back);
  proxy_->HalfClose(Way::kBack);
  EXPECT_EQ(back.caller.Next(), 0);
  EXPECT_TRUE(back.caller.Send("still"));
  EXPECT_EQ(back.target.Receive(5), "still");
}

TEST_F(ProxyTest, WhatWasDarkStaysDarkAndWhatComesAfterIsNot) {
  Ends before = Connect();
  ExpectCarries(before);
  proxy_->Darken(Way::kThere);
  Ends meanwhile = Connect();
  for (Ends* ends : {&before, &meanwhile}) {
    EXPECT_TRUE(ends->caller.Send("lost"));
    EXPECT_TRUE(ends->target.Send("back"));
    EXPECT_EQ(ends->caller.Receive(4), "back");
  }
  proxy_->Lighten(Way::kThere);
  Ends after = Connect();
  ExpectCarries(after);
  for (Ends* ends : {&before, &meanwhile}) {
    EXPECT_TRUE(ends->caller.Send("lost"));
    ends->caller.CloseSending();
  }
  ExpectCarries(after);
  EXPECT_TRUE(before.target.HasNothing());
  EXPECT_TRUE(meanwhile.target.HasNothing());
}

TEST_F(ProxyTest, FrozenItMovesNothingAndThawedItHasLostNothing) {
  Ends ends = Connect();
  ExpectCarries(ends);
  proxy_->Freeze();
  const uint64_t before = proxy_->counts().bytes[0];
  EXPECT_TRUE(ends.caller.Send("waits"));
  Socket caller = Socket::ConnectTo(proxy_->url());  // Nobody accepts it.
  EXPECT_TRUE(caller.Send("later"));
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(proxy_->counts().bytes[0], before);
  EXPECT_EQ(proxy_->counts().accepted, 1);
  EXPECT_TRUE(ends.target.HasNothing());
  proxy_->Thaw();
  EXPECT_EQ(ends.target.Receive(5), "waits");
  Socket target(accept(listener_.fd(), nullptr, nullptr));
  EXPECT_EQ(target.Receive(5), "later");
}

TEST_F(ProxyTest, TampersWithWhatPassesUntilItIsTold) {
  Ends ends = Connect();
  ExpectCarries(ends);
  proxy_->Tamper(Tampering::kFlip, /*period_bytes=*/5);
  EXPECT_TRUE(ends.caller.Send("there"));
  EXPECT_NE(ends.target.Receive(5), "there");
  EXPECT_TRUE(ends.target.Send("back!"));
  EXPECT_NE(ends.caller.Receive(5), "back!");
  EXPECT_EQ(proxy_->counts().tampered, 2);
  proxy_->Tamper(Tampering::kFlip, 0);
  ExpectCarries(ends);
  EXPECT_EQ(proxy_->counts().tampered, 2);
}

TEST_F(ProxyTest, LetsNoMoreThroughThanItsThrottleAllows) {
  Ends ends = Connect();
  ExpectCarries(ends);
  proxy_->Throttle(100);
  const absl::Time begin = absl::Now();
  EXPECT_TRUE(ends.caller.Send(std::string(60, 'x')));
  EXPECT_EQ(ends.target.Receive(60).size(), 60u);
  // A few bytes may have gathered before.
  EXPECT_GT(absl::Now() - begin, absl::Milliseconds(400));
  proxy_->Throttle(1);
  const uint64_t before = proxy_->counts().bytes[0];
  EXPECT_TRUE(ends.caller.Send(std::string(100, 'x')));
  EXPECT_TRUE(HasPassed(Way::kThere, before + 2));
  proxy_->Throttle(0);
  EXPECT_EQ(ends.target.Receive(100).size(), 100u);
}

}  // namespace
}  // namespace raft_cluster::internal
