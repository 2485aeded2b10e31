#include "raft/cluster/engine/peer_table.h"

#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

std::vector<Pid> Pids(const PeerTable& table) {
  std::vector<Pid> pids;
  for (const uint32_t slot : table.slots()) pids.push_back(table.at(slot).pid);
  return pids;
}

TEST(PeerTable, FindsPeersByPidAndByReference) {
  PeerTable table;
  const PeerRef seven = table.Add(7, nullptr);
  const PeerRef three = table.Add(3, nullptr);
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
  table.Add(1, nullptr);
  const PeerRef old = table.Add(2, nullptr);
  ASSERT_NE(table.Find(2), nullptr);
  table.Remove(old);
  EXPECT_EQ(table.Find(2), nullptr);
  EXPECT_EQ(table.Get(old), nullptr);
  EXPECT_EQ(Pids(table), std::vector<Pid>{1});
  const PeerRef again = table.Add(2, nullptr);
  EXPECT_EQ(again.slot, old.slot) << "the slot is used again";
  EXPECT_NE(again, old);
  EXPECT_EQ(table.Get(old), nullptr);
  EXPECT_EQ(table.Find(2)->ref, again);
}

}  // namespace
}  // namespace raft_cluster::internal
