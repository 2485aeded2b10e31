// The load scenario with real processes: five servers over tcp send 100,000
// times in all, at random to one peer or to all, as fast as stdin takes it.
#include <vector>

#include "gtest/gtest.h"
#include "raft/testing/programs/conversation.h"

namespace raft_cluster::internal {
namespace {

TEST(Load, FiveProcessesLoseAndRepeatNothing) {
  constexpr int kServers = 5;
  constexpr size_t kSends = 100000;
  Conversation talk(kServers);
  for (Pid pid = 1; pid <= kServers; ++pid) talk.Start(pid);
  for (Pid pid = 1; pid <= kServers; ++pid) {
    std::vector<Pid> to(kServers - 1, kBroadcast);
    for (Pid peer = 1; peer <= kServers; ++peer) {
      if (peer != pid) to.push_back(peer);
    }
    talk.Talk(pid, to, kSends / kServers);
  }
  talk.Hush();
  EXPECT_EQ(talk.said(), kSends);
  EXPECT_TRUE(talk.WaitUntilAllHeard());
  talk.EndAndJudge();
}

}  // namespace
}  // namespace raft_cluster::internal
