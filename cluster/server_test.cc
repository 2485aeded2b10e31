#include "raft/cluster/server.h"

#include <sys/mman.h>

#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "gtest/gtest.h"
#include "raft/transport/builtin/builtin.h"

namespace raft_cluster::internal {
namespace {

Config MakeConfig(int servers) {
  Config config;
  config.mutable_object()->set_total(servers);
  for (int pid = 1; pid <= servers; ++pid) {
    Config::Member* member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url("loopback://server" + std::to_string(pid));
  }
  return config;
}

class ServerTest : public testing::Test {
 protected:
  std::unique_ptr<Server> Start(int pid, int servers) {
    Options options;
    options.transports = registry_;
    auto server = Server::Start(MakeConfig(servers), pid, options);
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  Registry registry_ = BuiltinTransports();
};

TEST_F(ServerTest, AnEnvelopeArrives) {
  auto one = Start(1, 2);
  auto two = Start(2, 2);
  ASSERT_TRUE(one->outbox().Send(2, "hello", absl::Seconds(1), 7).ok());
  auto got = two->inbox().Receive(absl::Seconds(5));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->from(), 1);
  EXPECT_EQ(got->to(), 2);
  EXPECT_EQ(got->id(), 7u);
  EXPECT_EQ(got->msg(), "hello");
}

TEST_F(ServerTest, ListensWhereItsEntrySaysAndNotWhereOthersDo) {
  Config config = MakeConfig(2);
  config.mutable_object()->mutable_servers(0)->set_listen("loopback://inside");
  config.mutable_object()->mutable_servers(1)->set_listen("loopback://inside");
  Options options;
  options.transports = registry_;
  const auto one = Server::Start(config, 1, options);
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ((*one)->url(), "loopback://inside");
  EXPECT_EQ((*one)->stats().peers(0).url(), "loopback://server2");
}

TEST_F(ServerTest, TellsTheCarrierForHowLongItMaySpin) {
  absl::Duration told;
  ASSERT_TRUE(registry_
                  .Replace("loopback",
                           [&told, inner = BuiltinTransports()](
                               const TransportSpec& spec) {
                             told = spec.spin;
                             return inner.Open(spec);
                           })
                  .ok());
  Options options;
  options.transports = registry_;
  ASSERT_TRUE(Server::Start(MakeConfig(1), 1, options).ok());
  EXPECT_EQ(told, absl::ZeroDuration());
  options.spin = absl::Microseconds(50);
  ASSERT_TRUE(Server::Start(MakeConfig(1), 1, options).ok());
  EXPECT_EQ(told, absl::Microseconds(50));
}

// Its bytes are not even looked at.
TEST_F(ServerTest, AnEnvelopeThatIsTooLargeIsRefusedBeforeItIsCopied) {
  constexpr size_t kBytes = size_t{1} << 30;
  void* const memory = mmap(nullptr, kBytes, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const absl::string_view msg(static_cast<const char*>(memory), kBytes);
  auto one = Start(1, 2);
  for (const Pid to : {2, kBroadcast}) {
    EXPECT_EQ(one->outbox().TrySend(to, msg).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(one->outbox().Send(to, msg, absl::Hours(1)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(one->stats().peers(0).ledger().refused(), 4u);
  EXPECT_EQ(one->stats().peers(0).ledger().offered(), 4u);
  munmap(memory, kBytes);
}

TEST_F(ServerTest, ManyEnvelopesArriveInOrder) {
  auto one = Start(1, 2);
  auto two = Start(2, 2);
  constexpr int kCount = 200000;
  std::thread sender([&] {
    for (int i = 0; i < kCount; ++i) {
      auto sent = one->outbox().Send(2, std::to_string(i), absl::Seconds(10));
      ASSERT_TRUE(sent.ok()) << sent.status();
    }
  });
  for (int i = 0; i < kCount; ++i) {
    auto got = two->inbox().Receive(absl::Seconds(10));
    ASSERT_TRUE(got.ok()) << i << got.status() << one->stats().DebugString()
                          << two->stats().DebugString();
    ASSERT_EQ(got->msg(), std::to_string(i));
  }
  sender.join();
  EXPECT_TRUE(one->Close(absl::Seconds(5)).ok());
  EXPECT_EQ(one->stats().peers(0).ledger().taken(), uint64_t{kCount});
}

TEST_F(ServerTest, ALargeEnvelopeArrivesWhole) {
  auto one = Start(1, 2);
  auto two = Start(2, 2);
  const std::string msg(10'000'000, 'x');
  ASSERT_TRUE(one->outbox().Send(2, msg, absl::Seconds(1)).ok());
  auto got = two->inbox().Receive(absl::Seconds(10));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->msg(), msg);
}

}  // namespace
}  // namespace raft_cluster::internal
