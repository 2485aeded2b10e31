// Many queues that hold the same: what is in memory, and what counts.
#include "raft/cluster/link/shared_items.h"

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/send_queue.h"

namespace raft_cluster::internal {
namespace {

Outgoing Broadcast(uint64_t id, size_t size) {
  Outgoing envelope;
  envelope.id = id;
  envelope.broadcast = true;
  envelope.msg = Bytes::Own(std::string(size, 'x'));
  return envelope;
}

TEST(SharedItems, AreStoredOnceForAllQueues) {
  TotalBudget total(UINT64_MAX);
  SharedItems shared(&total);
  std::deque<SendQueue> queues;
  for (int i = 0; i < 40; ++i) queues.emplace_back(&total);
  uint64_t cost = 0;
  for (uint64_t id = 3; id <= 3 * 1000; id += 3) {
    const Outgoing envelope = Broadcast(id, id % 100 == 0 ? 100000 : 1000);
    cost += envelope.cost();
    for (SendQueue& queue : queues) queue.Append(envelope, 1, &shared);
    shared.Done();
  }
  EXPECT_EQ(total.held(), cost) << "as if for one";
  std::set<const void*> chunks;
  std::vector<SendQueue::Slice> slices;
  for (SendQueue& queue : queues) {
    EXPECT_EQ(queue.held_cost(), cost) << "its own budget has all of it";
    SendQueue::Slice slice;
    while (queue.Cut(UINT64_MAX, &slice)) {
      chunks.insert(slice.body.owner().get());
      slices.push_back(slice);
    }
  }
  // Those of 100,000 bytes, and chunks of 260 KiB for the others.
  EXPECT_LE(chunks.size(), 10 + 5u);
  while (queues.size() > 1) {
    queues.front().Settle(queues.front().end());
    queues.pop_front();
  }
  EXPECT_EQ(total.held(), cost) << "the last one has all";
  queues.front().Settle(queues.front().end());
  EXPECT_EQ(total.held(), 0u);
}

TEST(SharedItems, AmongUnicastsFillTheChunkThatIsThere) {
  TotalBudget total(UINT64_MAX);
  SharedItems shared(&total);
  SendQueue queue(&total);
  for (uint64_t id = 1; id <= 9000; ++id) {
    queue.Append(Broadcast(id, 100), 1, &shared);
    shared.Done();
    queue.Append(Broadcast(id, 100), 1);
  }
  SendQueue::Slice slice;
  int frames = 0;
  while (queue.Cut(UINT64_MAX, &slice)) ++frames;
  EXPECT_LE(frames, 40) << "or each would be a frame of its own";
}

// What a frame on its way still reads is not written again.
TEST(SharedItems, StayWhatTheyWereWhenAllHaveLetGo) {
  TotalBudget total(UINT64_MAX);
  SharedItems shared(&total);
  SendQueue queue(&total);
  queue.Append(Broadcast(1, 10), 1, &shared);
  shared.Done();
  SendQueue::Slice slice;
  ASSERT_TRUE(queue.Cut(UINT64_MAX, &slice));
  const std::string bytes(slice.body.view());
  queue.Settle(1);
  EXPECT_EQ(total.held(), 0u);
  for (uint64_t id = 2; id < 10000; ++id) {
    queue.Append(Broadcast(id, 100), 1, &shared);
    shared.Done();
    queue.SettleAll();
  }
  EXPECT_EQ(slice.body.view(), bytes);
}

}  // namespace
}  // namespace raft_cluster::internal
