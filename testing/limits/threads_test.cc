// Allows fewer threads than a server wants: it says so, and the caller's signal
// mask is as it was.
#include <pthread.h>
#include <signal.h>

#include <string>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/server.h"
#include "raft/testing/limits/few_threads.h"
#include "raft/testing/local_addresses.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;

std::string Mask() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  std::string bits;
  for (int signal = 1; signal < NSIG; ++signal) {
    bits += sigismember(&mask, signal) == 1 ? '1' : '0';
  }
  return bits;
}

TEST(Threads, OfEveryCountAreEnoughOrSaidNotToBe) {
  const auto addresses = LocalAddresses::Pick("tcp", 2);
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  Config config;
  for (const Pid pid : {1, 2}) {
    Config::Member* const member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url(addresses->urls()[static_cast<size_t>(pid) - 1]);
  }
  config.mutable_object()->set_total(2);
  const std::string before = Mask();
  for (int count = 0; count <= 3; ++count) {
    AllowThreads(count);
    const auto server = Server::Start(config, 1);
    AllowAllThreads();
    EXPECT_EQ(Mask(), before);
    // libzmq's two, and the loop.
    ASSERT_EQ(server.ok(), count == 3) << server.status();
    if (server.ok()) break;
    EXPECT_EQ(server.status().code(), absl::StatusCode::kResourceExhausted)
        << server.status();
    EXPECT_THAT(std::string(server.status().message()), HasSubstr("ulimit -u"));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
