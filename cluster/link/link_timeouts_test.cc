// Pairs of ends with each timeout that is allowed beside each other, on a wire
// that loses nothing and where nothing is to be said: nothing happens.
#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

LinkOptions With(Pid self, Pid peer, Micros failure_timeout) {
  LinkOptions options = Side::DefaultOptions(self, peer);
  options.failure_timeout = failure_timeout;
  options.heartbeat = failure_timeout / 10;
  return options;
}

std::vector<Micros> Timeouts() {
  return {50 * kMilli,  80 * kMilli,  500 * kMilli,  2 * kSecond,   5 * kSecond,
          10 * kSecond, 60 * kSecond, 600 * kSecond, 3600 * kSecond};
}

TEST(Timeouts, OfAllPairsLeaveAnIdleLinkAlone) {
  for (const Micros a : Timeouts()) {
    for (const Micros b : Timeouts()) {
      SCOPED_TRACE(absl::StrCat(a, " beside ", b));
      Pair pair(With(1, 2, a), With(2, 1, b));
      pair.latency = 2 * kMilli;
      pair.Open();
      pair.a.TakeEvents();
      pair.b().TakeEvents();
      const uint64_t before = pair.frames;
      const Micros shortest = std::min(a, b);
      const Micros span = std::max(3 * std::max(a, b), 30 * kSecond);
      pair.Pass(std::min(span, 3000 * shortest));
      EXPECT_TRUE(pair.a.events.empty()) << pair.a.events[0].DebugString();
      EXPECT_TRUE(pair.b().events.empty()) << pair.b().events[0].DebugString();
      EXPECT_EQ(pair.a.link.state(), PeerStats::UP);
      EXPECT_EQ(pair.b().link.state(), PeerStats::UP);
      // Two ends, and ten times in the shortest timeout.
      const double most = 2.2 * 10 *
                          static_cast<double>(std::min(span, 3000 * shortest)) /
                          static_cast<double>(shortest);
      EXPECT_LT(static_cast<double>(pair.frames - before), most + 10);
    }
  }
}

// The peer may be heard by nobody and say so in vain: that takes as long as its
// heartbeat allows, and no longer.
TEST(Timeouts, DecideWhenABlackHoleIsOne) {
  for (const Micros timeout : Timeouts()) {
    Pair pair(With(1, 2, timeout), With(2, 1, timeout));
    pair.Open();
    pair.a.TakeEvents();
    pair.lose = [](bool from_a, const wire::Frame&) { return from_a; };
    const Micros bound = std::max<Micros>(1500 * kMilli, 3 * timeout / 10);
    pair.Pass(bound);
    EXPECT_EQ(pair.a.CountEvents(Event::PEER_RECONNECTED), 0);
    pair.Pass(timeout / 5 + 10 * kMilli);
    EXPECT_EQ(pair.a.CountEvents(Event::PEER_RECONNECTED), 1)
        << "at a timeout of " << timeout;
  }
}

}  // namespace
}  // namespace raft_cluster::internal
