// Frames that are heard, and frames that are not answered, at given times.
#include "raft/cluster/link/liveness.h"

#include "gtest/gtest.h"
#include "raft/cluster/link/path.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kTimeout = 1000;
constexpr Micros kBound = 1500000;
constexpr Micros kHeartbeat = 200000;

TEST(Liveness, IsSilentOnceTheTimeoutIsOver) {
  Liveness liveness(/*now=*/100);
  EXPECT_EQ(liveness.SilentAt(kTimeout), 1101);
  liveness.Tick(1100, kTimeout);
  EXPECT_FALSE(liveness.silent());
  liveness.Tick(1101, kTimeout);
  EXPECT_TRUE(liveness.silent());
  EXPECT_EQ(liveness.SilentAt(kTimeout), kNever) << "nothing is to be found";
  liveness.OnHeard(/*stamp=*/7, 5000);
  EXPECT_FALSE(liveness.silent());
  EXPECT_EQ(liveness.SilentAt(kTimeout), 6001);
}

TEST(Liveness, EchoesTheHighestStamp) {
  Liveness liveness(0);
  for (const uint64_t stamp : {5, 9, 7}) liveness.OnHeard(stamp, 1);
  EXPECT_EQ(liveness.echo(), 9u);
}

TEST(Liveness, GivesUpWhenNothingComesBackAndThenMorePatiently) {
  Liveness liveness(0);
  EXPECT_EQ(liveness.GivesUpAt(liveness.unechoed_since(), kHeartbeat), kNever);
  liveness.OnSaid(100);
  liveness.OnSaid(200);
  EXPECT_EQ(liveness.unechoed_since(), 100) << "the first counts";
  Micros now = 100;
  for (const Micros bound : {kBound, 2 * kBound, 4 * kBound}) {
    const Micros since = liveness.unechoed_since();
    EXPECT_EQ(liveness.GivesUpAt(since, kHeartbeat), now + bound);
    EXPECT_FALSE(liveness.GivesUp(since, kHeartbeat, now + bound - 1));
    EXPECT_TRUE(liveness.GivesUp(since, kHeartbeat, now + bound));
    now += bound;
  }
  liveness.OnEcho(/*echo=*/1, /*last_stamp=*/2, now);
  EXPECT_EQ(liveness.GivesUpAt(liveness.unechoed_since(), kHeartbeat),
            now + kBound)
      << "something came back, so what is left is given its own time";
  liveness.OnEcho(2, 2, now);
  EXPECT_EQ(liveness.unechoed_since(), kNever) << "all came back";
}

TEST(Liveness, GivesAPeerThatSpeaksRarelyThreeHeartbeats) {
  Liveness liveness(0);
  liveness.OnSaid(100);
  EXPECT_EQ(liveness.GivesUpAt(100, /*heartbeat=*/6000000), 100 + 18000000);
  EXPECT_FALSE(liveness.GivesUp(100, 6000000, 100 + 17999999));
  EXPECT_TRUE(liveness.GivesUp(100, 6000000, 100 + 18000000));
}

TEST(Liveness, BelievesNoStampFromTheEndOfTime) {
  constexpr uint64_t kYear = uint64_t{366} * 24 * 60 * 60 * 1000000;
  Liveness liveness(0);
  EXPECT_FALSE(liveness.Plausible(UINT64_MAX, 0));
  EXPECT_TRUE(liveness.Plausible(5000, 0));
  liveness.OnHeard(5000, /*now=*/100);
  EXPECT_TRUE(liveness.Plausible(1, 100)) << "late";
  EXPECT_TRUE(liveness.Plausible(5000 + kYear, 100));
  EXPECT_FALSE(liveness.Plausible(5001 + kYear, 100));
  EXPECT_TRUE(liveness.Plausible(5001 + kYear, 101));
  EXPECT_FALSE(liveness.Plausible(UINT64_MAX, 1000000));
}

TEST(Liveness, TakesNoEchoOfWhatWasNotSaid) {
  Liveness liveness(0);
  liveness.OnEcho(/*echo=*/1000, /*last_stamp=*/10, 0);
  EXPECT_EQ(liveness.echoed(), 10u);
}

TEST(Liveness, ExcusesWhatCouldNotBeHeard) {
  Liveness liveness(0);
  liveness.OnSaid(0);
  liveness.HeldUp(/*duration=*/5000, /*now=*/6000);
  EXPECT_EQ(liveness.unechoed_since(), 5000);
  EXPECT_EQ(liveness.SilentAt(kTimeout), 5000 + kTimeout + 1);
  liveness.HeldUp(5000, 6000);
  EXPECT_EQ(liveness.unechoed_since(), 6000) << "not later than now";
  liveness.Tick(8000, kTimeout);
  ASSERT_TRUE(liveness.silent());
  liveness.HeldUp(100000, 200000);
  liveness.Tick(200000, kTimeout);
  EXPECT_TRUE(liveness.silent()) << "that was so before the pause";
}

TEST(Liveness, ExpectsNothingOfAPeerThatLeft) {
  Liveness liveness(0);
  liveness.OnSaid(0);
  liveness.OnLeft(10);
  EXPECT_EQ(liveness.unechoed_since(), kNever);
}

TEST(Path, StampsRiseAndFollowTheClock) {
  Path path(0);
  EXPECT_EQ(path.Stamp(100), 100u);
  EXPECT_EQ(path.Stamp(100), 101u);
  EXPECT_EQ(path.Stamp(50), 102u);
  EXPECT_EQ(path.Stamp(200), 200u);
  EXPECT_EQ(path.last_stamp(), 200u);
  EXPECT_EQ(path.last_sent(), 200);
}

TEST(Path, MeasuresTheRoundTrip) {
  Path path(0);
  EXPECT_EQ(path.round_trip(), 0) << "not known";
  path.OnEcho(/*stamp=*/100, /*now=*/900);
  EXPECT_EQ(path.round_trip(), 800);
  path.OnEcho(1000, 1000 + 1600);
  EXPECT_EQ(path.round_trip(), 900) << "an eighth of what is new";
}

TEST(Path, TellsConnectionsApart) {
  Path path(0);
  const uint64_t first = path.connection();
  path.OnReset(/*up=*/true);
  EXPECT_NE(path.connection(), first);
  EXPECT_EQ(path.connections_made(), 1u);
  path.OnReset(/*up=*/false);
  EXPECT_EQ(path.connections_made(), 1u);
}

}  // namespace
}  // namespace raft_cluster::internal
