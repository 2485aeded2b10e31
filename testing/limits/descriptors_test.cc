// Lowers this process's limit of descriptors, step by step, and starts
// transports and servers: they say that there are too few, or work.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/server.h"
#include "raft/testing/eventually.h"
#include "raft/testing/local_addresses.h"
#include "raft/testing/transport/resources.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;

// Puts the limit back.
class Limit {
 public:
  Limit() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~Limit() { setrlimit(RLIMIT_NOFILE, &before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

  // False: the system does not allow so many.
  bool Set(rlim_t count) {
    rlimit limit = before_;
    limit.rlim_cur = count;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }
  // So many more than are open now.
  void Leave(int count) {
    rlim_t open = 0;
    for (int fd = 0; fd < 4096; ++fd) open += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    ASSERT_TRUE(Set(open + static_cast<rlim_t>(count)));
  }

 private:
  rlimit before_;
};

// Of so many servers over tcp, 1 and so on.
Config ConfigOf(int count) {
  const auto addresses = LocalAddresses::Pick("tcp", count);
  EXPECT_TRUE(addresses.ok()) << addresses.status();
  Config config;
  config.mutable_object()->set_total(count);
  for (Pid pid = 1; pid <= count; ++pid) {
    Config::Member* const member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url(addresses->urls()[static_cast<size_t>(pid) - 1]);
  }
  return config;
}

TEST(Descriptors, OfEveryCountAreEnoughOrSaidNotToBe) {
  const Config config = ConfigOf(2);
  int started = 0;
  for (int left = 0; left <= 48; ++left) {
    Limit limit;
    limit.Leave(left);
    const auto server = Server::Start(config, 1);
    if (server.ok()) {
      ++started;
      EXPECT_TRUE((*server)->Close(absl::ZeroDuration()).ok());
      continue;
    }
    EXPECT_EQ(started, 0) << "it started with fewer than " << left;
    EXPECT_EQ(server.status().code(), absl::StatusCode::kResourceExhausted)
        << server.status();
    EXPECT_THAT(std::string(server.status().message()), HasSubstr("ulimit -n"));
  }
  EXPECT_GT(started, 0);
}

TEST(Descriptors, AreReckonedForAllPeers) {
  const Config config = ConfigOf(301);
  Limit limit;
  ASSERT_TRUE(limit.Set(1024));
  const auto server = Server::Start(config, 1);
  ASSERT_EQ(server.status().code(), absl::StatusCode::kResourceExhausted);
  const std::string words(server.status().message());
  EXPECT_THAT(words, HasSubstr("with 300 peers"));
  EXPECT_THAT(words, HasSubstr("of the 1024"));
}

// Each of several servers in one process has them for itself.
TEST(Descriptors, OfServersThatStartAtOnceAreKeptApart) {
  Limit limit;
  constexpr int kServers = 16;
  const Config config = ConfigOf(kServers);
  limit.Leave(1000);
  std::vector<std::unique_ptr<Server>> servers;
  absl::Status status;
  for (Pid pid = 1; pid <= kServers && status.ok(); ++pid) {
    auto server = Server::Start(config, pid);
    status = server.status();
    if (server.ok()) servers.push_back(*std::move(server));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  // Those that did start are not short of any.
  const int peers = static_cast<int>(servers.size()) - 1;
  EXPECT_GE(peers, 9);
  for (const auto& server : servers) {
    EXPECT_TRUE(server->WaitForPeers(peers, absl::Seconds(30)).ok());
  }
}

// What a transport says that it takes, it takes.
TEST(Descriptors, AreAsManyAsWereReckoned) {
  constexpr int kPeers = 40;
  const int before = OpenDescriptors();
  TransportSpec spec;
  spec.url = ParseUrl("tcp://127.0.0.1:0").value();
  spec.self = 1;
  const auto transport = BuiltinTransports().Open(spec);
  ASSERT_TRUE(transport.ok()) << transport.status();
  // libzmq closes what it needed to start a little later.
  EXPECT_TRUE(Eventually([&] { return OpenDescriptors() - before <= 13; }));
  for (Pid pid = 1; pid <= kPeers; ++pid) {
    ASSERT_TRUE((*transport)->Connect({pid, (*transport)->url()}).ok());
  }
  struct : Receiver {
    void OnFrame(const Origin&, Frame) override {}
    void OnReset(Pid peer, bool is_up) override {
      if (is_up) up.insert(peer);
    }
    std::set<Pid> up;
  } receiver;
  EXPECT_TRUE(Eventually([&] {
    (*transport)->Poll(100, receiver);
    return receiver.up.size() == kPeers;
  }));
  EXPECT_TRUE(Eventually(
      [&] { return OpenDescriptors() - before <= 13 + 5 * kPeers; }));
}

// libzmq has a limit of its own, of sockets.
TEST(Descriptors, AreHadForMoreThanAThousandPeers) {
  constexpr int kPeers = 1500;
  Limit limit;
  if (!limit.Set(9000)) GTEST_SKIP() << "the hard limit is below 9000";
  TransportSpec spec;
  spec.url = ParseUrl("tcp://127.0.0.1:0").value();
  spec.self = 1;
  spec.expected_peers = kPeers;
  const auto transport = BuiltinTransports().Open(spec);
  ASSERT_TRUE(transport.ok()) << transport.status();
  for (Pid pid = 1; pid <= kPeers; ++pid) {
    ASSERT_TRUE((*transport)->Connect({pid, (*transport)->url()}).ok());
  }
  struct : Receiver {
    void OnFrame(const Origin&, Frame) override {}
    void OnReset(Pid peer, bool is_up) override {
      if (is_up) up.insert(peer);
    }
    void OnTrouble(Pid peer, const absl::Status& why) override {
      ADD_FAILURE() << "peer " << peer << ": " << why;
    }
    std::set<Pid> up;
  } receiver;
  EXPECT_TRUE(Eventually([&] {
    (*transport)->Poll(100, receiver);
    return receiver.up.size() == kPeers;
  })) << receiver.up.size();
}

// Those that run out later are the reason of a peer's state.
TEST(Descriptors, ThatRunOutLaterAreAReason) {
  const auto server = Server::Start(ConfigOf(2), 1);
  ASSERT_TRUE(server.ok()) << server.status();
  Limit limit;
  limit.Leave(0);
  std::vector<int> taken;  // What an attempt to connect gives back.
  const auto reason = [&] { return (*server)->stats().peers(0).reason(); };
  EXPECT_TRUE(Eventually([&] {
    for (int fd; (fd = dup(STDERR_FILENO)) >= 0;) taken.push_back(fd);
    return reason().find("no descriptor is left") != std::string::npos;
  })) << reason();
  for (const int fd : taken) close(fd);
}

}  // namespace
}  // namespace raft_cluster::internal
