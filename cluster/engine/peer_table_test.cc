#include "raft/cluster/engine/peer_table.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

PeerRef Add(PeerTable& table, Pid pid) {
  PeerSpec spec;
  spec.pid = pid;
  return table.Add(std::move(spec), nullptr);
}

std::vector<Pid> Pids(const PeerTable& table) {
  std::vector<Pid> pids;
  for (const uint32_t slot : table.slots())
    pids.push_back(table.at(slot).spec.pid);
  return pids;
}

TEST(PeerTable, FindsPeersByPidAndByReference) {
  PeerTable table;
  const PeerRef seven = Add(table, 7);
  const PeerRef three = Add(table, 3);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(Pids(table), (std::vector<Pid>{3, 7}));
  EXPECT_EQ(table.Find(7), table.Get(seven));
  EXPECT_EQ(table.Find(3), table.Get(three));
  EXPECT_EQ(table.Find(3)->ref, three);
  EXPECT_EQ(table.Find(5), nullptr);
  EXPECT_EQ(table.Get(PeerRef()), nullptr);
  EXPECT_EQ(table.Get({9, 1}), nullptr);
}

TEST(PeerTable, KnowsAReferenceToAFormerPeer) {
  PeerTable table;
  Add(table, 1);
  const PeerRef old = Add(table, 2);
  ASSERT_NE(table.Find(2), nullptr);
  table.Remove(old);
  EXPECT_EQ(table.Find(2), nullptr);
  EXPECT_EQ(table.Get(old), nullptr);
  EXPECT_EQ(Pids(table), std::vector<Pid>{1});
  const PeerRef again = Add(table, 2);
  EXPECT_EQ(again.slot, old.slot) << "the slot is used again";
  EXPECT_NE(again, old);
  EXPECT_EQ(table.Get(old), nullptr);
  EXPECT_EQ(table.Find(2)->ref, again);
}

TEST(PeerTable, GivesAFreeSlotToWhoeverComesNext) {
  PeerTable table;
  const PeerRef five = Add(table, 5);
  Add(table, 9);
  table.Remove(five);
  const PeerRef one = Add(table, 1);
  EXPECT_EQ(one.slot, five.slot);
  EXPECT_EQ(table.Get(five), nullptr) << "server 1 is not server 5";
  EXPECT_EQ(Pids(table), (std::vector<Pid>{1, 9}));
  EXPECT_EQ(table.Find(5), nullptr);
}

TEST(PeerTable, FindsWhoItHasFoundBeforeUntilTheyAreRemoved) {
  PeerTable table;
  const PeerRef one = Add(table, 1);
  const PeerRef two = Add(table, 2);
  ASSERT_EQ(table.Find(2)->ref, two);
  table.Remove(one);
  EXPECT_EQ(table.Find(2)->ref, two);
  table.Remove(two);
  EXPECT_EQ(table.Find(2), nullptr);
  EXPECT_EQ(table.size(), 0u);
}

TEST(PeerTable, TakesTheStuckFrameOfAFormerPeerAlong) {
  PeerTable table;
  const PeerRef one = Add(table, 1);
  const PeerRef two = Add(table, 2);
  Frame frame;
  frame.head = Bytes::Copy("two's");
  table.KeepStuck(*table.Get(one), Frame());
  table.KeepStuck(*table.Get(two), Frame());
  table.KeepStuck(*table.Get(two), frame);
  table.Remove(one);
  const std::vector<StuckFrame> stuck = table.TakeStuck();
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].ref, two);
  EXPECT_EQ(stuck[0].peer, 2);
  EXPECT_EQ(stuck[0].frame.head.view(), "two's");
  EXPECT_FALSE(table.has_stuck());
  EXPECT_FALSE(table.DropStuck(*table.Get(two)));
}

TEST(PeerTableDeathTest, HasEachPeerOnceAndRemovesItOnce) {
  PeerTable table;
  const PeerRef one = Add(table, 1);
  EXPECT_DEATH(Add(table, 1), "assertion failed");
  table.Remove(one);
  EXPECT_DEATH(table.Remove(one), "assertion failed");
}

}  // namespace
}  // namespace raft_cluster::internal
