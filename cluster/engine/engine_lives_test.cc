// What an engine makes of a newer life of its own pid.
#include "gtest/gtest.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

// What server 3 says to a server 1 of the life `dst`.
Frame To(const Life& dst) {
  Header header;
  header.cluster = 77;
  header.from = 3;
  header.to = 1;
  header.src = {100, 1};
  header.dst = dst;
  header.hello.emplace();
  header.hello->set_version(kNewestVersion);
  header.hello->set_url("test://3");
  return EncodeFrame(header);
}

TEST(NewerSelf, ThatIsYetToStartBearsAServerWithoutAPastAgain) {
  Engines engines(2);
  constexpr uint64_t kHourUs = 3600000000;
  engines.Start(1, Life{kHourUs, 1});
  engines.Pass(10000);
  engines[1].Leave(engines.now);  // So that server 2 has heard a life of 1.
  engines.Start(1, Life{50, 9});  // Its clock was set back.
  ASSERT_TRUE(engines[1].Offer(2, Text(1, "kept"), engines.now).ok());
  engines.Pass(300000);
  EXPECT_EQ(engines[1].GetStats(engines.now).incarnation().start_us(),
            kHourUs + 1);
  EXPECT_EQ(engines.Peer(1, 2).state(), PeerStats::UP);
  EXPECT_EQ(engines.Take(2), "kept");
}

TEST(NewerSelf, ThatStartedLaterSupersedesAServerWithoutAPast) {
  Engines engines(3);  // Server 1 starts, is paused, and another one started.
  engines.now += 1000000;
  engines.Arrive(1, To({100 + 999999, 2}), Origin());
  EXPECT_EQ(engines[1].inbox_status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Events(engines[1], Event::SUPERSEDED).size(), 1u);
}

// Each peer may have met another of our former lives. Whoever meets more of
// them has a successor with a better clock, again and again; a process that
// nobody can answer, since its successor listens in its place, would be born
// again above each.
TEST(NewerSelf, BearsNobodyAgainMoreOftenThanThereArePeers) {
  Engines engines(3);
  constexpr uint64_t kHourUs = 3600000000;
  for (uint64_t life = 1; life <= 2; ++life) {
    engines.Arrive(1, To({life * kHourUs, 2}), Origin());
    EXPECT_EQ(engines[1].GetStats(engines.now).incarnation().start_us(),
              life * kHourUs + 1);
  }
  EXPECT_TRUE(engines[1].inbox_status().ok());
  engines.Arrive(1, To({3 * kHourUs, 2}), Origin());
  EXPECT_EQ(engines[1].inbox_status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Events(engines[1], Event::SUPERSEDED).size(), 1u);
}

TEST(NewerSelf, OfALifeWithAPastSupersedesIt) {
  Engines engines(3);
  engines.Pass(10000);
  ASSERT_TRUE(engines[1].Offer(2, Text(1, "abandoned"), engines.now).ok());
  engines.Arrive(1, To({100, 2}), Origin());
  const absl::Status superseded = absl::FailedPreconditionError(
      "superseded: a newer life of this pid speaks to the peers; this one has "
      "to be started again");
  EXPECT_EQ(engines[1].Offer(2, Text(1, "x"), engines.now).status(),
            superseded);
  EXPECT_EQ(engines[1].Offer(kBroadcast, Text(1, "x"), engines.now).status(),
            superseded);
  EXPECT_EQ(engines[1].inbox_status(), superseded);
  EXPECT_EQ(engines.Peer(1, 2).ledger().abandoned(), 1u);
  ExpectBalance(engines, 1);
  const auto events = Events(engines[1], Event::SUPERSEDED);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].old_incarnation().random(), 1u);
  EXPECT_EQ(events[0].incarnation().random(), 2u);
  Engine::Due due;
  EXPECT_FALSE(engines[1].NextFrame(engines.now, true, &due));
  EXPECT_EQ(engines[1].Deadline(), kNever);
  engines[1].Leave(engines.now);
  EXPECT_TRUE(engines[1].Left());
  EXPECT_EQ(engines[1].Offer(2, Text(1, "x"), engines.now).status(), superseded)
      << "which says more than that it is closed";
}

}  // namespace
}  // namespace raft_cluster::internal
