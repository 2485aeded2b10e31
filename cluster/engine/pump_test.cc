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

// Of a time in which nobody ran, as of a machine that stood still.
TEST(HeldUp, BlamesNobodyFromHalfTheFailureTimeoutOn) {
  for (const Micros held_up : {26000, 80000, 10000000}) {
    SteppedPumps pumps(/*budget_bytes=*/1000, /*max_envelope_bytes=*/100,
                       /*failure_timeout=*/50000);
    pumps.Pass(300000, {1, 2});
    for (const Pid pid : {1, 2}) {
      ASSERT_EQ(pumps[pid].GetStats().peers(0).state(), PeerStats::UP);
      while (pumps[pid].NextEvent(absl::ZeroDuration()).ok()) {
      }
    }
    // Nothing is in flight, so the first to look has heard nobody for that
    // long.
    for (int i = 0; i < 3; ++i) {
      for (const Pid pid : {2, 1}) {
        pumps[pid].Step();
        pumps[pid].Deadline();
      }
    }
    pumps.now += held_up;
    pumps.Pass(100000, {1, 2});
    for (const Pid pid : {1, 2}) {
      const auto event = pumps[pid].NextEvent(absl::ZeroDuration());
      EXPECT_FALSE(event.ok())
          << event->ShortDebugString() << " after " << held_up;
    }
  }
}

TEST(HeldUp, HidesNoSilenceOfAPeer) {
  SteppedPumps pumps(1000, 100, /*failure_timeout=*/50000);
  pumps.Pass(300000, {1, 2});
  pumps.Pass(80000, {1});
  EXPECT_EQ(pumps[1].GetStats().peers(0).state(), PeerStats::SILENT);
}

}  // namespace
}  // namespace raft_cluster::internal
