// What a server with four idle peers does, counted in virtual time: the frames
// that it sends, and the moments at which it has to wake up for its own timers.
#include <cstdint>
#include <set>

#include "gtest/gtest.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

constexpr int kServers = 5;
constexpr uint64_t kPeers = kServers - 1;
constexpr Micros kSecond = 1000000;
constexpr Micros kMinute = 60 * kSecond;

LinkOptions WithTimeout(Micros failure_timeout) {
  LinkOptions link = Engines::DefaultLink();
  link.failure_timeout = failure_timeout;
  link.heartbeat = failure_timeout / 10;
  return link;
}

struct Idle {
  uint64_t frames = 0;         // That server 1 sent.
  uint64_t turns = 0;          // At which its timers were due.
  uint64_t for_nothing = 0;    // Those of them that sent nothing.
  std::set<Pid> silent_peers;  // Whom it did not hear in time.
};

// A minute of server 1. The servers have met one by one, each at some time
// between two heartbeats of the others.
Idle Minute(Micros failure_timeout) {
  constexpr Micros kStep = 10000;
  Engines engines(kServers, WithTimeout(failure_timeout));
  for (Pid pid = 2; pid <= kServers; ++pid) engines.Stop(pid);
  for (Pid pid = 2; pid <= kServers; ++pid) {
    engines.Pass(137000, 1000);
    engines.Start(pid, Life{200, 1});
  }
  engines.Pass(5 * failure_timeout, kStep);
  Events(engines[1], Event::PEER_SILENT);

  Idle idle;
  engines.lose = [&idle](Pid from, Pid) {
    idle.frames += from == 1;
    return false;
  };
  for (Micros passed = 0; passed < kMinute; passed += kStep) {
    const bool due = engines[1].Deadline() <= engines.now;
    const uint64_t before = idle.frames;
    engines.Pass(kStep, kStep);
    idle.turns += due;
    idle.for_nothing += due && idle.frames == before;
  }
  for (const Event& event : Events(engines[1], Event::PEER_SILENT)) {
    idle.silent_peers.insert(event.peer());
  }
  return idle;
}

TEST(Idle, HasOneTurnForTheHeartbeatsOfAllPeers) {
  const Idle idle = Minute(2 * kSecond);
  constexpr uint64_t kHeartbeats = 300;  // A minute has as many.
  EXPECT_LE(idle.turns, kHeartbeats + 1);
  EXPECT_LE(idle.frames, kPeers * (kHeartbeats + 1));
  EXPECT_GE(idle.frames, kPeers * (kHeartbeats - 1));
  EXPECT_EQ(idle.for_nothing, 0u);
  EXPECT_TRUE(idle.silent_peers.empty());
}

TEST(Idle, HasFewerTurnsWhereTheTimeoutIsLonger) {
  const Idle idle = Minute(kMinute);
  constexpr uint64_t kHeartbeats = 10;
  EXPECT_LE(idle.turns, kHeartbeats + 1);
  EXPECT_LE(idle.frames, kPeers * (kHeartbeats + 1));
  EXPECT_EQ(idle.for_nothing, 0u);
  EXPECT_TRUE(idle.silent_peers.empty());
}

}  // namespace
}  // namespace raft_cluster::internal
