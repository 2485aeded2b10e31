// Reads the signal masks of all threads from /proc while a transport is open.
#include <dirent.h>
#include <signal.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster::internal {
namespace {

// What each of libzmq's threads blocks, by name.
std::map<std::string, uint64_t> BlockedByLibzmq() {
  std::map<std::string, uint64_t> blocked;
  DIR* const tasks = opendir("/proc/self/task");
  while (const dirent* task = readdir(tasks)) {
    std::ifstream lines(
        absl::StrCat("/proc/self/task/", task->d_name, "/status"));
    std::string name;
    for (std::string line; std::getline(lines, line);) {
      if (absl::StartsWith(line, "Name:\t")) name = line.substr(6);
      if (!absl::StartsWith(line, "SigBlk:\t")) continue;
      if (!absl::StrContains(name, "ZMQbg")) continue;
      uint64_t mask = 0;
      EXPECT_TRUE(absl::SimpleHexAtoi(line.substr(8), &mask));
      blocked[name] = mask;
    }
  }
  closedir(tasks);
  return blocked;
}

bool Blocks(uint64_t mask, int signal) {
  return (mask >> (signal - 1) & 1) != 0;
}

TEST(FaultSignals, AreNotBlockedByLibzmq) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  TransportSpec spec;
  spec.url = ParseUrl("tcp://127.0.0.1:0").value();
  spec.self = 1;
  const auto transport = ZeroMqTransport()(spec);
  ASSERT_TRUE(transport.ok()) << transport.status();
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  const auto all_unblocked = [] {
    const auto blocked = BlockedByLibzmq();
    for (const auto& [name, mask] : blocked) {
      if (Blocks(mask, SIGSEGV)) return false;
    }
    return blocked.size() == 2;
  };
  while (!all_unblocked() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  for (const auto& [name, mask] : BlockedByLibzmq()) {
    for (const int fault :
         {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
      EXPECT_FALSE(Blocks(mask, fault)) << name << " blocks " << fault;
    }
    for (const int other : {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGPROF}) {
      EXPECT_TRUE(Blocks(mask, other)) << name << " takes " << other;
    }
  }
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < NSIG; ++signal) {
    EXPECT_EQ(sigismember(&after, signal), sigismember(&before, signal));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
