// Callers that are none of ours: scanners, other protocols, half-open and
// trickling connections, too many of them, and no descriptor left.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmq.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/testing/hostile/hostile.h"
#include "raft/testing/transport/raw_peer.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace {

// libzmq gives a caller so long for its handshake.
constexpr absl::Duration kHandshake = absl::Seconds(2);

// How libzmq 4 greets, with the name of a mechanism (padded to 20 bytes).
std::string Greeting(std::string mechanism) {
  mechanism.resize(20);
  return absl::StrCat(std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0", 12),
                      mechanism, std::string(32, '\0'));
}

// The header of a message of so many bytes.
std::string Length(uint64_t bytes) {
  std::string header = "\x02";
  for (int shift = 56; shift >= 0; shift -= 8) {
    header.push_back(static_cast<char>(bytes >> shift));
  }
  return header;
}

std::string Noise(size_t size) {
  std::string noise;
  for (uint32_t seed = 1; noise.size() < size; seed = seed * 1664525 + 1) {
    noise.push_back(static_cast<char>(seed >> 24));
  }
  return noise;
}

using Clients = std::vector<std::unique_ptr<RawClient>>;

class Callers : public Hostile {
 protected:
  void Call(const std::string& words) {
    clients_.push_back(std::make_unique<RawClient>(url()));
    ASSERT_TRUE(clients_.back()->connected());
    clients_.back()->Send(words);
  }
  // Goes on with `words` once the handshake is done, on either side: earlier
  // they would be taken for a part of it.
  void Talk(const std::string& words) {
    Call(PlainHandshake());
    RawClient& client = *clients_.back();
    const size_t done = PlainHandshake().size();
    ASSERT_TRUE(Eventually(
        [&] { return client.HungUpOn() || client.heard_bytes() >= done; }));
    client.Send(words);
  }
  bool AllAreHungUpOn() {
    return Eventually([this] {
      for (const auto& client : clients_) {
        if (!client->HungUpOn()) return false;
      }
      return true;
    });
  }

  Clients clients_;
};

TEST_P(Callers, WhoOnlyLookWhetherThePortIsOpenAreCounted) {
  constexpr uint64_t kCalls = 200;
  for (uint64_t i = 0; i < kCalls; ++i) RawClient client(url());
  EXPECT_TRUE(RefusesAtLeast(kCalls, Refusal::HANDSHAKE));
}

TEST_P(Callers, WhoSpeakSomethingElseHarmNobody) {
  for (int i = 0; i < 10; ++i) {
    for (const std::string& words : std::vector<std::string>{
             "\r\n",
             "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
             absl::StrCat("POST / HTTP/1.1\r\n\r\n", Noise(100000)),
             std::string("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11),
             "SSH-2.0-OpenSSH_9.2\r\n",
             std::string(1000, '\0'),
             std::string(1000, '\xff'),
             Noise(100000),
             std::string("\x01\0", 2),                                   // 1.
             std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0", 14),  // 2.
             std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x7f", 11),
             Greeting("NULL"),
             Greeting("PLAIN"),
             Greeting("CURVE"),
             Greeting("GSSAPI"),
             Greeting("nonsense"),
             absl::StrCat(Greeting("CURVE"), "\x04\xc8\x05HELLO", Noise(194)),
             absl::StrCat(Greeting("CURVE"), "\x04\x08\x07WELCOME"),
             absl::StrCat(Greeting("NULL"), Length(uint64_t{1} << 62)),
             absl::StrCat(Greeting("CURVE"), Length(uint64_t{1} << 62)),
         }) {
      Call(words);
    }
    ASSERT_TRUE(Flows());
  }
  // Those whose mechanism is another one, at the least.
  EXPECT_TRUE(RefusesAtLeast(10 * 4, Refusal::HANDSHAKE));
}

// Past a handshake that anybody can do who is not asked for a key.
TEST_P(Callers, WhoGoOnWithNoiseAfterAHandshakeHarmNobody) {
  for (int i = 0; i < 50; ++i) {
    Talk(Noise(1000 + i));
    Talk(Length(uint64_t{1} << 62) + Noise(1000));
    Talk(Length(~uint64_t{0}));
    Talk(std::string("\0\x05hello", 7));
    Talk(std::string("\0\0", 2));
    Talk("\x04\x05\x04JUNK");
  }
  if (has_keys()) {
    EXPECT_TRUE(AllAreHungUpOn());
    EXPECT_TRUE(RefusesAtLeast(300, Refusal::HANDSHAKE));
    EXPECT_EQ(Refused(Refusal::MALFORMED), 0u);
  } else {
    EXPECT_TRUE(RefusesAtLeast(100, Refusal::MALFORMED));
  }
}

TEST_P(Callers, WithTheWrongKindOfSocketHarmNobody) {
  zmq::context_t context;
  std::vector<zmq::socket_t> sockets;
  for (const zmq::socket_type type :
       {zmq::socket_type::pub, zmq::socket_type::sub, zmq::socket_type::push,
        zmq::socket_type::pull, zmq::socket_type::req, zmq::socket_type::rep,
        zmq::socket_type::router, zmq::socket_type::pair,
        zmq::socket_type::xpub, zmq::socket_type::stream}) {
    sockets.emplace_back(context, type);
    sockets.back().set(zmq::sockopt::linger, 0);
    sockets.back().connect(url().ToString());
    for (int i = 0; i < 100; ++i) {
      zmq_send(sockets.back().handle(), "noise", 5, ZMQ_DONTWAIT);
    }
  }
  EXPECT_TRUE(RefusesAtLeast(1, Refusal::HANDSHAKE));
  EXPECT_TRUE(Flows());
}

TEST_P(Callers, WhoHoldTheLineAreHungUpOnAndCounted) {
  constexpr uint64_t kCalls = 200;
  for (uint64_t i = 0; i < kCalls; ++i) {
    Call(i % 2 == 0 ? "" : Greeting("NULL").substr(0, 11));
  }
  EXPECT_TRUE(Flows());
  EXPECT_TRUE(AllAreHungUpOn());
  EXPECT_TRUE(RefusesAtLeast(kCalls, Refusal::HANDSHAKE));
}

// Faster than one byte a second: in the time that there is, none gets through.
TEST_P(Callers, WhoTrickleAreHungUpOnAndCounted) {
  constexpr uint64_t kCalls = 20;
  const std::string words = PlainHandshake();
  for (uint64_t i = 0; i < kCalls; ++i) Call("");
  for (size_t byte = 0; byte < words.size() && !clients_[0]->HungUpOn();
       ++byte) {
    for (const auto& client : clients_) client->Send(words.substr(byte, 1));
    absl::SleepFor(kHandshake / 10);
  }
  EXPECT_TRUE(AllAreHungUpOn());
  EXPECT_TRUE(RefusesAtLeast(kCalls, Refusal::HANDSHAKE));
}

// libzmq would collect what they send until the memory is used up.
TEST_P(Callers, WhoNeverEndAMessageAreHungUpOnAndCounted) {
  constexpr int kCalls = 4;
  constexpr size_t kMost = size_t{8} << 20;
  for (int i = 0; i < kCalls; ++i) Talk(EndlessMessage(1000));
  size_t sent = 0;
  EXPECT_TRUE(Eventually([&] {
    int gone = 0;
    for (const auto& client : clients_) {
      if (client->HungUpOn()) {
        ++gone;
      } else if (sent < kMost) {
        sent += client->Send(EndlessMessage(100000));
      }
    }
    return gone == kCalls;
  }));
  EXPECT_TRUE(RefusesAtLeast(
      kCalls, has_keys() ? Refusal::HANDSHAKE : Refusal::TOO_LARGE));
}

// Half of them speak and then say nothing more. Without keys nobody hangs up on
// those.
TEST_P(Callers, ByTheThousandHarmNobody) {
  constexpr int kCalls = 4000;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit limit = before;
  limit.rlim_cur = limit.rlim_max;
  // Both ends are in this process.
  ASSERT_GT(limit.rlim_max, 2 * kCalls + 1000u);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  for (int i = 0; i < kCalls; ++i) Call(i % 2 == 0 ? "" : PlainHandshake());
  EXPECT_TRUE(Flows());
  EXPECT_TRUE(RefusesAtLeast(kCalls / 2, Refusal::HANDSHAKE));
  if (has_keys()) {
    EXPECT_TRUE(AllAreHungUpOn());
  } else {
    int there = 0;
    for (const auto& client : clients_) there += client->HungUpOn() ? 0 : 1;
    EXPECT_EQ(there, kCalls / 2);
  }
  ExpectBoundedMemory();
  clients_.clear();
  EXPECT_TRUE(Flows());
  setrlimit(RLIMIT_NOFILE, &before);
}

// Nobody new comes in, and server 3 cannot be called; the others go on. Once
// there are descriptors again, all is as before.
TEST_P(Callers, WhoUseUpAllDescriptorsHarmNobodyWhoIsThere) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit limit = before;
  limit.rlim_cur = 600;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  // One caller is left at the door.
  RawClient client(url());
  std::vector<int> used;
  for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0;) used.push_back(fd);
  EXPECT_EQ(errno, EMFILE);
  EXPECT_TRUE(Flows());
  // Long enough for many attempts to call server 3.
  absl::SleepFor(absl::Seconds(3));
  EXPECT_TRUE(Flows());
  for (const int fd : used) close(fd);
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_THAT(cluster().Start(3), IsOk());
  EXPECT_THAT(cluster().local().WaitUntilUp(2 * kPatience), IsOk());
  EXPECT_TRUE(Flows());
}

INSTANTIATE_TEST_SUITE_P(Tcp, Callers, ::testing::Values("tcp", "curve_tcp"),
                         SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
