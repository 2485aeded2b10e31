// What a pump makes of the time in which it did not run.
#include "raft/cluster/engine/pump.h"

#include "gtest/gtest.h"
#include "raft/cluster/engine/testing_pumps.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kSecond = 1000000;

class Stepped : public testing::Test {
 protected:
  Stepped() {
    pumps.Pass(kSecond, {1, 2});
    EXPECT_EQ(StateOfPeer(), PeerStats::UP);
  }

  // Of server 2, in the opinion of server 1.
  PeerStats::State StateOfPeer() {
    return pumps[1].GetStats().peers(0).state();
  }
  bool SaidSilent() {
    for (;;) {
      const absl::StatusOr<Event> event =
          pumps[1].NextEvent(absl::ZeroDuration());
      if (!event.ok()) return false;
      if (event->kind() == Event::PEER_SILENT) return true;
    }
  }

  SteppedPumps pumps;
};

TEST_F(Stepped, APeerIsSilentWhoSaysNothingWhileWeListen) {
  pumps.Pass(5 * kSecond / 2, {1});
  EXPECT_TRUE(SaidSilent());
}

TEST_F(Stepped, NobodyIsSilentBecauseWeOurselvesDidNotRun) {
  pumps.now += 10 * kSecond;
  pumps.Pass(kSecond, {1});  // And server 2 not yet.
  EXPECT_FALSE(SaidSilent());
  pumps.Pass(kSecond, {1, 2});
  EXPECT_FALSE(SaidSilent());
  EXPECT_EQ(StateOfPeer(), PeerStats::UP);
  EXPECT_EQ(pumps[1].GetStats().peers(0).reconnects(), 0u);
}

TEST_F(Stepped, APeerIsSilentWhoSaysNothingAfterWeDidNotRunEither) {
  pumps.now += 10 * kSecond;
  pumps.Pass(5 * kSecond / 2, {1});
  EXPECT_TRUE(SaidSilent());
}

TEST_F(Stepped, APeerThatWasSilentIsNotUpBecauseWeDidNotRun) {
  pumps.Pass(5 * kSecond / 2, {1});
  ASSERT_TRUE(SaidSilent());
  pumps.now += 10 * kSecond;
  pumps.Pass(kSecond, {1});
  EXPECT_EQ(StateOfPeer(), PeerStats::SILENT);
}

TEST_F(Stepped, APumpThatDoesNotTurnIsLate) {
  EXPECT_LT(pumps[1].GetStats().late_us(), 300000u);
  pumps.now += 10 * kSecond;
  EXPECT_GE(pumps[1].GetStats().late_us(), 10u * kSecond);
  pumps[1].Step();
  EXPECT_EQ(pumps[1].GetStats().late_us(), 0u);
}

}  // namespace
}  // namespace raft_cluster::internal
