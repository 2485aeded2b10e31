// Servers that speak over this carrier: it is theirs like any that comes with
// the library.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <string>
#include <thread>  // NOLINT(build/c++11)

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/cluster/server.h"
#include "raft/examples/udp/address.h"
#include "raft/examples/udp/udp_transport.h"
#include "raft/testing/local_cluster.h"

namespace udp {
namespace {

using raft_cluster::Config;
using raft_cluster::Options;
using raft_cluster::Server;

constexpr absl::Duration kPatience = absl::Seconds(60);

// Two free ports of this process's own loopback address.
std::string FreeUrl() {
  raft_cluster::TransportSpec spec;
  const int pid = getpid();
  spec.url = raft_cluster::ParseUrl(
                 absl::StrCat("udp://127.", 1 + pid / 62500 % 250, ".",
                              1 + pid / 250 % 250, ".", 1 + pid % 250, ":0"))
                 .value();
  return UdpTransport::Open(spec).value()->url().ToString();
}

class UdpCluster : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        options_.transports.Register("udp", UdpTransport::Open, udp::ParseUrl)
            .ok());
    std::string other = FreeUrl();
    while (other == urls_[0]) other = FreeUrl();
    urls_[1] = other;
    const auto config = raft_cluster::ParseConfig(
        absl::StrCat(
            R"({"object": {"total": 2, "Servers": [{"mypid": 1, "url": ")",
            urls_[0], R"("}, {"mypid": 2, "url": ")", urls_[1], R"("}]}})"),
        "udp_cluster_test", options_.transports);
    ASSERT_TRUE(config.ok()) << config.status();
    config_ = *config;
  }

  std::unique_ptr<Server> Start(int pid) {
    auto server = Server::Start(config_, pid, options_);
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  Options options_;
  std::string urls_[2] = {FreeUrl(), ""};
  Config config_;
};

raft_cluster::Ledger LedgerOf(const Server& server, int peer) {
  const raft_cluster::Stats stats = server.stats();
  for (const raft_cluster::PeerStats& each : stats.peers()) {
    if (each.pid() == peer) return each.ledger();
  }
  return {};
}

// `count` envelopes of `size` bytes from one to the other: all of them, once
// and in order. They are sent as fast as that goes, which is faster than the
// system keeps what was not read yet.
void Exchange(Server& from, Server& to, int count, size_t size) {
  std::thread sending([&from, &to, count, size] {
    std::string msg(size, 'x');
    for (int i = 0; i < count; ++i) {
      const std::string number = absl::StrCat(i, ";");
      msg.replace(0, number.size(), number);
      ASSERT_EQ(from.outbox().Send(to.pid(), msg, kPatience).status(),
                absl::OkStatus());
    }
  });
  for (int i = 0; i < count; ++i) {
    const auto got = to.inbox().Receive(kPatience);
    EXPECT_EQ(got.status(), absl::OkStatus());
    if (!got.ok()) break;
    EXPECT_EQ(got->from(), from.pid());
    EXPECT_EQ(got->msg().size(), size);
    EXPECT_EQ(std::stoi(std::string(got->msg().substr(0, 10))), i);
  }
  sending.join();
  // A new life of the receiver would get again what is not known to be taken.
  const absl::Time deadline = absl::Now() + kPatience;
  while (LedgerOf(from, to.pid()).taken() <
         LedgerOf(from, to.pid()).accepted()) {
    ASSERT_LT(absl::Now(), deadline);
    absl::SleepFor(absl::Milliseconds(1));
  }
}

TEST_F(UdpCluster, CarriesEnvelopesBothWaysOnceAndInOrder) {
  const auto one = Start(1);
  const auto two = Start(2);
  ASSERT_TRUE(one != nullptr && two != nullptr);
  Exchange(*one, *two, 5000, 64);
  Exchange(*two, *one, 5000, 64);
  Exchange(*one, *two, 100, 60000);
  // Larger than any frame: it comes in many.
  Exchange(*two, *one, 3, size_t{3} << 20);
  EXPECT_EQ(one->Close(kPatience), absl::OkStatus());
}

TEST_F(UdpCluster, FindsAServerAgainThatWasStartedAnew) {
  const auto one = Start(1);
  for (int life = 0; life < 2; ++life) {
    const auto two = Start(2);
    ASSERT_TRUE(one != nullptr && two != nullptr);
    Exchange(*one, *two, 100, 64);
    Exchange(*two, *one, 100, 64);
    EXPECT_EQ(two->Close(kPatience), absl::OkStatus());
  }
}

// As a test of a program would start them.
TEST_F(UdpCluster, IsForTheTestKitToo) {
  raft_cluster::LocalCluster::Setup setup;
  setup.transports = options_.transports;
  setup.options = [this](raft_cluster::Pid) { return options_; };
  setup.urls = {urls_[0], urls_[1]};
  raft_cluster::LocalCluster cluster(2, "udp", setup);
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  Exchange(cluster[1], cluster[2], 100, 64);
  ASSERT_EQ(cluster.Crash(2), absl::OkStatus());
  ASSERT_EQ(cluster.Start(2), absl::OkStatus());
  Exchange(cluster[1], cluster[2], 100, 64);
  Exchange(cluster[2], cluster[1], 100, 64);
}

// Noise, and datagrams that are almost right, at both ports while the servers
// talk.
TEST_F(UdpCluster, IsNotHarmedByStrangersDatagrams) {
  const auto one = Start(1);
  const auto two = Start(2);
  ASSERT_TRUE(one != nullptr && two != nullptr);
  const int stranger = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(stranger, 0);
  std::mt19937 dice(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(dice() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(dice());
    if (i % 2 == 0 && bytes.size() >= sizeof(Header)) {
      Header header;
      header.kind = static_cast<uint8_t>(dice() % 8);
      header.begins = static_cast<uint8_t>(dice() % 2);
      header.ends = static_cast<uint8_t>(dice() % 2);
      header.to = dice() % 3;
      header.from = dice() % 3;
      header.count = dice();
      bytes.replace(0, sizeof(header), reinterpret_cast<const char*>(&header),
                    sizeof(header));
      if (dice() % 2 == 0) bytes.resize(sizeof(header));
    }
    for (const std::string& url : urls_) {
      const auto to = ParseAddress(raft_cluster::ParseUrl(url).value());
      sendto(stranger, bytes.data(), bytes.size(), 0,
             reinterpret_cast<const sockaddr*>(&*to), sizeof(*to));
    }
    if (i % 200 == 0) Exchange(*one, *two, 10, 64);
  }
  close(stranger);
  Exchange(*two, *one, 100, 64);
}

TEST(UdpAddress, IsOfThisMachineAlone) {
  const auto parse = [](const char* text) {
    return udp::ParseUrl(raft_cluster::ParseUrl(text).value());
  };
  EXPECT_FALSE(parse("udp://127.0.0.1:7").value().wildcard);
  EXPECT_TRUE(parse("udp://127.0.0.1:0").value().wildcard);
  EXPECT_EQ(parse("udp://127.0.0.1:007").value().url.address, "127.0.0.1:7");
  for (const char* wrong :
       {"udp://10.0.0.1:7", "udp://localhost:7", "udp://127.0.0.1",
        "udp://127.0.0.1:", "udp://127.0.0.1:65536", "udp://127.0.0.1:-1",
        "tcp://127.0.0.1:7"}) {
    EXPECT_EQ(parse(wrong).status().code(), absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

}  // namespace
}  // namespace udp
