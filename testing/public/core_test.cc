// Links //cluster:core with a carrier of its own choice, and nothing that would
// bring libzmq along: what a program does that has a transport of its own.

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/cluster/server.h"
#include "raft/transport/loopback/loopback.h"

namespace raft_cluster {
namespace {

Options WithLoopbackOnly() {
  Registry registry;
  EXPECT_EQ(registry.Register("loopback", internal::NewLoopbackNetwork()),
            absl::OkStatus());
  return Options(registry);
}

TEST(Core, CarriesAnEnvelopeWithACarrierThatItWasGiven) {
  const Options options = WithLoopbackOnly();
  const auto config = ParseConfig(R"({"object": {"total": 2, "Servers": [
      {"mypid": 1, "url": "loopback://one"},
      {"mypid": 2, "url": "loopback://two"}]}})",
                                  "core_test", options.transports);
  ASSERT_EQ(config.status(), absl::OkStatus());
  const auto one = Server::Start(*config, 1, options);
  const auto two = Server::Start(*config, 2, options);
  ASSERT_EQ(one.status(), absl::OkStatus());
  ASSERT_EQ(two.status(), absl::OkStatus());
  ASSERT_EQ((*one)->outbox().Send(2, "hello", absl::Seconds(10)).status(),
            absl::OkStatus());
  const auto got = (*two)->inbox().Receive(absl::Seconds(10));
  ASSERT_EQ(got.status(), absl::OkStatus());
  EXPECT_EQ(got->msg(), "hello");
}

// What the dynamic linker has loaded for this program. Linked with //cluster
// instead, it lists libzmq.
TEST(Core, BringsNoLibzmqAlong) {
  std::ifstream maps("/proc/self/maps");
  const std::string loaded(std::istreambuf_iterator<char>(maps), {});
  EXPECT_NE(loaded.find("libc.so"), std::string::npos) << loaded;
  EXPECT_EQ(loaded.find("libzmq"), std::string::npos) << loaded;
}

TEST(Core, SaysWhichSchemesThereAre) {
  const Options options = WithLoopbackOnly();
  const auto config = ParseConfig(R"({"object": {"total": 1, "Servers": [
      {"mypid": 1, "url": "tcp://127.0.0.1:1"}]}})",
                                  "core_test", options.transports);
  EXPECT_FALSE(config.ok());
  EXPECT_NE(config.status().message().find("loopback"), std::string::npos)
      << config.status();
}

}  // namespace
}  // namespace raft_cluster
