// What is counted of one peer, and the events that say so.
#include "raft/cluster/link/account.h"

#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(Account, CountsEachFateOfAnEnvelope) {
  Account account(/*peer=*/2);
  for (int i = 0; i < 6; ++i) account.Accepted();
  account.Refused();
  account.Skipped(MakeOutgoing("four", 9, true));
  account.Taken(3);
  account.Voided(2);
  account.Abandoned(1);
  account.Received(8);
  account.ReceivedTaken(7);
  account.Resent();
  PeerStats stats;
  account.Fill(&stats);
  EXPECT_EQ(stats.ledger().offered(), 8u);
  EXPECT_EQ(stats.ledger().accepted(), 6u);
  EXPECT_EQ(stats.ledger().refused(), 1u);
  EXPECT_EQ(stats.ledger().skipped(), 1u);
  EXPECT_EQ(stats.ledger().taken(), 3u);
  EXPECT_EQ(stats.ledger().voided(), 2u);
  EXPECT_EQ(stats.ledger().abandoned(), 1u);
  EXPECT_EQ(stats.received(), 8u);
  EXPECT_EQ(stats.received_taken(), 7u);
  EXPECT_EQ(stats.frames_resent(), 1u);
}

TEST(Account, ReportsInOrderAndOnce) {
  Account account(2);
  EXPECT_FALSE(account.has_events());
  account.Skipped(MakeOutgoing("four", 9, true));
  account.SetLife({200, 3});
  account.FrameRefused(Refusal::STALE, "there", "");
  const std::vector<Event> events = account.TakeEvents();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind(), Event::ENVELOPES_SKIPPED);
  EXPECT_EQ(events[0].peer(), 2);
  EXPECT_EQ(events[0].count(), 1u);
  EXPECT_EQ(events[0].bytes(), 4u);
  EXPECT_EQ(events[0].first_id(), 9u);
  EXPECT_FALSE(events[0].has_incarnation()) << "none is known yet";
  EXPECT_EQ(events[1].kind(), Event::FRAME_REFUSED);
  EXPECT_EQ(events[1].refusal(), Refusal::STALE);
  EXPECT_EQ(events[1].address(), "there");
  EXPECT_EQ(events[1].incarnation().random(), 3u);
  EXPECT_FALSE(account.has_events());
}

TEST(Account, CountsRefusedFramesByReason) {
  Account account(2);
  for (int i = 0; i < 3; ++i) account.FrameRefused(Refusal::STALE, "there", "");
  account.FrameRefused(Refusal::MALFORMED, "there", "");
  PeerStats stats;
  account.Fill(&stats);
  ASSERT_EQ(stats.refused_frames_size(), 2);
  for (const Refusal& refusal : stats.refused_frames()) {
    EXPECT_EQ(refusal.count(), refusal.reason() == Refusal::STALE ? 3u : 1u);
  }
}

}  // namespace
}  // namespace raft_cluster::internal
