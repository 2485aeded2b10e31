// Real servers that die or stand still while all of them talk.
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/testing/eventually.h"
#include "raft/testing/programs/conversation.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kFailureTimeout = absl::Milliseconds(500);

bool IsIn(Conversation& talk, Pid at, Pid peer, PeerStats::State state) {
  return Eventually([&] { return talk.StatsOf(at, peer).state() == state; });
}

// The lives of server 2 end in the midst of what they send and take.
TEST(Trouble, OfOneThatIsKilledIsItsOwn) {
  constexpr int kLives = 4;
  Conversation talk(3);
  for (Pid pid : {1, 2, 3}) talk.Start(pid);
  talk.Talk(1, {2, 3, kBroadcast});
  talk.Talk(3, {1, 2, kBroadcast});
  for (int life = 1; life <= kLives; ++life) {
    talk.Talk(2, {1, 3, kBroadcast});
    for (Pid pid : {1, 3}) {
      ASSERT_TRUE(talk.WaitUntilHeard(pid, 2));
      ASSERT_TRUE(talk.WaitUntilHeard(2, pid));
    }
    if (life == kLives) break;
    talk.Kill(2);
    // They go on without it, and what they say to it meanwhile waits.
    ASSERT_TRUE(talk.WaitUntilHeard(1, 3));
    ASSERT_TRUE(talk.WaitUntilHeard(3, 1));
    talk.Start(2);
  }
  talk.Hush();
  EXPECT_TRUE(talk.WaitUntilAllHeard());
  talk.EndAndJudge();
}

TEST(Trouble, OfOneThatIsStoppedForLongCostsNothing) {
  Conversation talk(3, {absl::StrCat("--failure_timeout=",
                                     absl::FormatDuration(kFailureTimeout))});
  for (Pid pid : {1, 2, 3}) talk.Start(pid);
  talk.Talk(1, {2, 3, kBroadcast});
  talk.Talk(2, {1, 3, kBroadcast});
  talk.Talk(3, {1, 2, kBroadcast});
  // A peer that was never met stays CONNECTING for as long as it stands still.
  for (Pid pid : {1, 3}) {
    ASSERT_TRUE(talk.WaitUntilHeard(pid, 2));
    ASSERT_TRUE(talk.WaitUntilHeard(2, pid));
  }
  const uint64_t life = talk.StatsOf(1, 2).incarnation().random();

  talk.Pause(2);
  const absl::Time end = absl::Now() + 10 * kFailureTimeout;
  EXPECT_TRUE(IsIn(talk, 1, 2, PeerStats::SILENT));
  EXPECT_TRUE(IsIn(talk, 3, 2, PeerStats::SILENT));
  absl::SleepFor(end - absl::Now());
  EXPECT_TRUE(talk.WaitUntilHeard(1, 3));
  talk.Resume(2);
  for (Pid pid : {1, 3}) {
    EXPECT_TRUE(talk.WaitUntilHeard(pid, 2));
    EXPECT_TRUE(talk.WaitUntilHeard(2, pid));
  }
  talk.Hush();
  EXPECT_TRUE(talk.WaitUntilAllHeard());
  EXPECT_TRUE(IsIn(talk, 1, 2, PeerStats::UP));
  EXPECT_TRUE(IsIn(talk, 3, 2, PeerStats::UP));
  EXPECT_EQ(talk.StatsOf(1, 2).incarnation().random(), life);
  EXPECT_EQ(talk.StatsOf(3, 2).incarnation().random(), life);
  talk.EndAndJudge();
}

TEST(Trouble, OfADeadAndAStoppedOneDelaysNoUnicastOfTheOthers) {
  Conversation talk(4);
  for (Pid pid : {1, 2, 3, 4}) talk.Start(pid);
  for (Pid pid : {1, 2}) talk.Talk(pid, {3 - pid, 3, 4});
  for (Pid pid : {1, 2, 3, 4}) {
    for (Pid from : {1, 2}) {
      if (pid == from) continue;
      ASSERT_TRUE(talk.WaitUntilHeard(from, pid));
    }
  }
  talk.Kill(3);
  talk.Pause(4);
  const absl::Time end = absl::Now() + absl::Seconds(5);
  while (absl::Now() < end) {
    ASSERT_TRUE(talk.WaitUntilHeard(1, 2));
    ASSERT_TRUE(talk.WaitUntilHeard(2, 1));
  }
  // However busy it is, server 1 sees what is the matter with them.
  EXPECT_TRUE(IsIn(talk, 1, 3, PeerStats::SILENT));
  EXPECT_TRUE(IsIn(talk, 1, 4, PeerStats::SILENT));
  talk.Hush();
  // All of it, while 3 is dead and 4 stands still.
  EXPECT_TRUE(talk.WaitUntilAllHeard(1, 2));
  EXPECT_TRUE(talk.WaitUntilAllHeard(2, 1));
  talk.Resume(4);
  EXPECT_TRUE(talk.WaitUntilAllHeard());
  talk.EndAndJudge();
}

}  // namespace
}  // namespace raft_cluster::internal
