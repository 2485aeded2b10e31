// What the ZeroMQ transport does on the wire, and what it lives with there.

#include <signal.h>
#include <sys/time.h>
#include <zmq.h>

#include <chrono>  // NOLINT(build/c++11)
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/testing/transport/own_address.h"
#include "raft/testing/transport/raw_peer.h"
#include "raft/testing/transport/resources.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/zeromq.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace {

using Clock = std::chrono::steady_clock;

TransportUnderTest Tcp() {
  TransportUnderTest under_test;
  under_test.open = ZeroMqTransport();
  under_test.fresh_url = [] {
    return ParseUrl(absl::StrCat(OwnAddress(), ":0")).value();
  };
  return under_test;
}

absl::Status OpenStatus(const std::string& url) {
  TransportSpec spec;
  spec.url = ParseUrl(url).value();
  return ZeroMqTransport()(spec).status();
}

TEST(ZeroMqWire, SaysWhyItCannotListen) {
  const std::vector<std::pair<std::string, std::string>> reasons = {
      {"tcp://192.0.2.1:0", "no network interface of this machine"},
      {"tcp://[2001:db8::1]:0", "no network interface of this machine"},
      {"ipc:///nonexistent/folder/socket", "the folder does not exist"},
      {"ipc:///dev/null", "not a socket"},
      {"ipc:///dev/null/socket",
       "a part of the path before the last is a file"},
  };
  EXPECT_FALSE(absl::StrContains(OpenStatus("ipc:///proc/socket").message(),
                                 "the folder does not exist"));
  for (const auto& reason : reasons) {
    const absl::Status status = OpenStatus(reason.first);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(absl::StrContains(status.message(), reason.first)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), reason.second)) << status;
  }
}

TEST(ZeroMqWire, ListensOnIpv6AndOnAllInterfaces) {
  for (const char* url : {"tcp://[::1]:0", "tcp://*:0", "tcp://0.0.0.0:0"}) {
    Node b(Tcp(), ParseUrl(url).value());
    const uint16_t port = ParseTcpAddress(b->url()).value().port;
    ASSERT_NE(port, 0) << url;
    const std::string host =
        absl::StrContains(url, "::1") ? "[::1]" : OwnAddress();
    Node a(Tcp());
    ASSERT_TRUE(
        a->Connect({2, ParseUrl(absl::StrCat(host, ":", port)).value()}).ok());
    EXPECT_TRUE(SendPatiently(a, 2, Text("hello"), {&b})) << url;
    EXPECT_TRUE(RunUntil({&a, &b}, [&] { return b.CountOf("hello") == 1; }));
  }
}

// A firewall needs to know of no other.
TEST(ZeroMqWire, ListensAtOnePortOnly) {
  const int before = ListeningTcpSockets();
  Node a(Tcp());
  EXPECT_EQ(ListeningTcpSockets(), before + 1);
  Node b(Tcp());
  Link(a, 2, b);
  Link(b, 1, a);
  ASSERT_TRUE(SendPatiently(a, 2, Text("hello"), {&b}));
  ASSERT_TRUE(SendPatiently(b, 1, Text("hello"), {&a}));
  EXPECT_EQ(ListeningTcpSockets(), before + 2);
}

TEST(ZeroMqWire, SaysWhetherOthersThanThisMachineCanReachIt) {
  for (const char* url : {"tcp://*:0", "tcp://0.0.0.0:0", "tcp://[::]:0"}) {
    EXPECT_TRUE(
        Node(Tcp(), ParseUrl(url).value())->properties().reachable_from_afar)
        << url;
  }
  for (const char* url :
       {"tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://localhost:0"}) {
    EXPECT_FALSE(
        Node(Tcp(), ParseUrl(url).value())->properties().reachable_from_afar)
        << url;
  }
}

// A name has several addresses, of which it takes one.
TEST(ZeroMqWire, SaysInNumbersWhereItListens) {
  Node named(Tcp(), ParseUrl("tcp://localhost:0").value());
  const uint16_t port = ParseTcpAddress(named->url()).value().port;
  EXPECT_EQ(named->properties().bound_address,
            absl::StrCat("127.0.0.1:", port));
  EXPECT_EQ(named->url().ToString(), absl::StrCat("tcp://localhost:", port));
}

TEST(ZeroMqWire, AnOriginShowsTheSendersHostAndPort) {
  Node a(Tcp());
  Node b(Tcp());
  Link(a, 2, b);
  ASSERT_TRUE(SendPatiently(a, 2, Text("hello"), {&b}));
  ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.frames.size() == 1; }));
  const std::string& address = b.frames[0].origin.address;
  EXPECT_TRUE(absl::StartsWith(address, "127.")) << address;
  EXPECT_NE(address.find(':'), std::string::npos) << address;
}

TEST(ZeroMqWire, ConnectsNoMoreOftenThanItsBackOffAllows) {
  // To one who hangs up at once: pauses of 50 ms and more, doubled up to 1 s.
  Node a(Tcp());
  RawListener listener(OwnAddress());
  ASSERT_TRUE(a->Connect({2, listener.url()}).ok());
  std::vector<Clock::time_point> calls;
  ASSERT_TRUE(RunUntil({&a}, [&] {
    if (listener.AcceptAndHangUp()) calls.push_back(Clock::now());
    return calls.size() == 7;
  }));
  // At least three quarters of 50 + 100 + 200 + 400 + 800 + 1000 ms.
  EXPECT_GE(calls.back() - calls.front(), std::chrono::milliseconds(1912));
}

TEST(ZeroMqWire, ComesUpSoonAfterALongAbsence) {
  // The pause has grown to its limit meanwhile.
  Node a(Tcp());
  const Url url = AbsentUrl(Tcp());
  ASSERT_TRUE(a->Connect({2, url}).ok());
  RunUntil(
      {&a}, [] { return false; }, absl::Seconds(3));
  Node b(Tcp(), url);
  const Clock::time_point begin = Clock::now();
  ASSERT_TRUE(SendPatiently(a, 2, Text("hello"), {&b}));
  // 1.25 s, and what a busy machine adds.
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
}

TEST(ZeroMqWire, SomebodyElsesWordsHarmNoPeer) {
  // Callers that speak other languages, ours badly, or not at all. What happens
  // to look like a message of libzmq's oldest protocol comes as a frame, for
  // the receiver to refuse: a transport knows no strangers.
  Node a(Tcp());
  Node b(Tcp());
  Link(a, 2, b);
  const std::string zmtp3("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0", 12);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (const std::string& words : std::vector<std::string>{
           "",
           "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
           std::string("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11),
           "\r\n\r\n",
           std::string(100, '\0'),
           std::string(100, '\xff'),
           std::string("\x01\0", 2),  // ZMTP 1: an empty identity.
           std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0", 14),  // 2.
           zmtp3,
           zmtp3 + std::string("NULL") + std::string(48, '\0'),
           zmtp3 + std::string("NULL") + std::string(48, '\0') +
               std::string("\x06\xff\xff\xff\xff\xff\xff\xff\xff", 9),
           zmtp3 + std::string("CURVE") + std::string(47, '\0'),
           Pattern(100000),
       }) {
    clients.push_back(std::make_unique<RawClient>(b->url()));
    ASSERT_TRUE(clients.back()->connected());
    clients.back()->Send(words);
  }
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = absl::StrCat("still there ", i);
    ASSERT_TRUE(SendPatiently(a, 2, Text(bytes), {&b}));
    ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.CountOf(bytes) == 1; }));
    if (i == 50) clients.clear();
  }
}

TEST(ZeroMqWire, WhoeverIsCalledAndNeverEndsAMessageIsLeft) {
  constexpr size_t kMost = size_t{8} << 20;
  Node a(Tcp());
  RawListener listener(OwnAddress());
  ASSERT_TRUE(a->Connect({2, listener.url()}).ok());
  std::unique_ptr<RawClient> called;
  ASSERT_TRUE(
      RunUntil({&a}, [&] { return (called = listener.Accept()) != nullptr; }));
  called->Send(PlainHandshake("ROUTER"));
  ASSERT_TRUE(RunUntil({&a}, [&] { return a.connections[2] == 1; }));
  size_t sent = 0;
  EXPECT_TRUE(RunUntil({&a}, [&] {
    if (sent < kMost) sent += called->Send(EndlessMessage(100000));
    return a.refused[TurnedAway::kTooLarge] > 0;
  }));
  EXPECT_TRUE(RunUntil({&a}, [&] { return called->HungUpOn(); }));
  // And called again.
  EXPECT_TRUE(
      RunUntil({&a}, [&] { return (called = listener.Accept()) != nullptr; }));
}

// As slow as it may be: nobody is taken for endless who comes to an end.
TEST(ZeroMqWire, WhoSendsTheLargestFramesSlowlyIsNotHungUpOn) {
  Node b(Tcp());
  RawClient client(b->url());
  client.Send(PlainHandshake());
  const size_t largest = TransportSpec().max_frame_bytes;
  std::string message = "\x02";
  for (int shift = 56; shift >= 0; shift -= 8) {
    message.push_back(static_cast<char>(uint64_t{largest} >> shift));
  }
  message.append(largest, 'x');
  constexpr size_t kFrames = 4;
  constexpr size_t kPiece = 20000;
  Clock::time_point next = Clock::now();
  size_t sent = 0;
  EXPECT_TRUE(RunUntil({&b}, [&] {
    if (Clock::now() >= next) {
      const size_t at = sent % message.size();
      sent += client.Send(absl::string_view(message).substr(at, kPiece));
      next += std::chrono::milliseconds(30);
    }
    return b.frames.size() == kFrames;
  }));
  EXPECT_FALSE(client.HungUpOn());
}

TEST(ZeroMqWire, MessagesThatAreNoFramesAreDropped) {
  // From a libzmq socket that is not ours: too many parts, too large in sum.
  Node b(Tcp(), [](TransportSpec& spec) { spec.max_frame_bytes = 1000; });
  zmq::context_t context;
  zmq::socket_t dealer(context, zmq::socket_type::dealer);
  dealer.set(zmq::sockopt::linger, 0);
  dealer.connect(b->url().ToString());
  const auto send = [&](const std::vector<size_t>& sizes) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      const std::string part(sizes[i], 'x');
      ASSERT_GE(zmq_send(dealer.handle(), part.data(), part.size(),
                         i + 1 < sizes.size() ? ZMQ_SNDMORE : 0),
                0);
    }
  };
  send(std::vector<size_t>(18, 1));
  send({600, 600});
  send(std::vector<size_t>(18, 0));
  send(std::vector<size_t>(300, 10));
  send({100, 200, 700});
  ASSERT_TRUE(RunUntil({&b}, [&] { return !b.frames.empty(); }));
  EXPECT_EQ(b.frames.size(), 1u);
  EXPECT_EQ(b.frames[0].frame.head.size(), 300u);
  EXPECT_EQ(b.frames[0].frame.body.size(), 700u);
}

TEST(ZeroMqWire, AWrongKindOfSocketHarmsNoPeer) {
  Node a(Tcp());
  Node b(Tcp());
  Link(a, 2, b);
  zmq::context_t context;
  std::vector<zmq::socket_t> sockets;
  for (const zmq::socket_type type :
       {zmq::socket_type::pub, zmq::socket_type::sub, zmq::socket_type::push,
        zmq::socket_type::pull, zmq::socket_type::req, zmq::socket_type::rep,
        zmq::socket_type::router, zmq::socket_type::pair}) {
    sockets.emplace_back(context, type);
    sockets.back().set(zmq::sockopt::linger, 0);
    sockets.back().connect(b->url().ToString());
    zmq_send(sockets.back().handle(), "x", 1, ZMQ_DONTWAIT);
  }
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = absl::StrCat("still there ", i);
    ASSERT_TRUE(SendPatiently(a, 2, Text(bytes), {&b}));
    ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.CountOf(bytes) == 1; }));
  }
}

TEST(ZeroMqWire, SignalsInterruptNothing) {
  // One each millisecond, without SA_RESTART: system calls answer EINTR.
  struct sigaction action = {};
  struct sigaction before;
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  const itimerval each_millisecond = {{0, 1000}, {0, 1000}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &each_millisecond, nullptr), 0);
  {
    Node a(Tcp());
    Node b(Tcp());
    Link(a, 2, b);
    for (int i = 0; i < 1000; ++i) {
      const std::string bytes = absl::StrCat(i);
      ASSERT_TRUE(SendPatiently(a, 2, Text(bytes), {&b}));
      ASSERT_TRUE(RunUntil({&a, &b}, [&] {
        return !b.frames.empty() && b.frames.back().bytes() == bytes;
      }));
    }
  }
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
}

}  // namespace
}  // namespace raft_cluster::internal
