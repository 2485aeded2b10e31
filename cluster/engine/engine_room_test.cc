// Who was refused is told when there is room again: once, and not before half
// of the queue is free.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMsg = 936;  // Costs 1,000 of 200,000.
constexpr uint64_t kCost = kMsg + kEnvelopeOverhead;

class RoomTest : public testing::Test {
 protected:
  RoomTest() {
    engines.Pass(10000);
    Rooms();
  }

  // As the pump does it for who does not wait.
  bool Offer(Pid to, size_t size = kMsg) {
    const bool broadcast = to == kBroadcast;
    const absl::Status status =
        engines[1]
            .Offer(to, Text(1, std::string(size, 'x'), broadcast), engines.now)
            .status();
    if (status.code() == absl::StatusCode::kResourceExhausted) {
      engines[1].OweRoom(to, size);
    }
    return status.ok();
  }
  void Fill(Pid to) {
    while (Offer(to)) {
    }
  }
  // Whom it was told of since the last time; other events are dropped.
  std::vector<Pid> Rooms() {
    std::vector<Pid> rooms;
    Event event;
    while (engines[1].NextEvent(&event)) {
      if (event.kind() == Event::ROOM) rooms.push_back(event.peer());
    }
    return rooms;
  }
  // All that is under way to it, too.
  void TakeAll(Pid pid) {
    engines.Pass(10000);
    while (engines.Take(pid) != "") engines.Pass(1000);
  }
  uint64_t queued(Pid to) { return engines.Peer(1, to).queued_bytes(); }

  Engines engines{3};
};

TEST_F(RoomTest, IsToldOnceAndWhenHalfIsFree) {
  Fill(2);
  engines.Pass(10000);
  EXPECT_EQ(Rooms(), std::vector<Pid>());
  std::vector<Pid> rooms;
  while (queued(2) > 100000) {
    ASSERT_EQ(rooms, std::vector<Pid>()) << "with " << queued(2) << " queued";
    ASSERT_NE(engines.Take(2), "");
    engines.Pass(3000);
    rooms = Rooms();
  }
  EXPECT_EQ(rooms, std::vector<Pid>({2}));
  EXPECT_TRUE(Offer(2));
  TakeAll(2);
  EXPECT_EQ(Rooms(), std::vector<Pid>()) << "nobody was refused since";
}

TEST_F(RoomTest, IsToldOfWhomItWasRefused) {
  Fill(2);
  Fill(3);
  TakeAll(3);
  EXPECT_EQ(Rooms(), std::vector<Pid>({3}));
}

TEST_F(RoomTest, ForAllIsToldWhenEveryLivePeerHasIt) {
  Fill(2);
  TakeAll(2);
  Rooms();
  Fill(3);
  Fill(2);
  EXPECT_FALSE(Offer(kBroadcast));
  TakeAll(3);
  EXPECT_EQ(Rooms(), std::vector<Pid>({3}));
  // And not for one that is not live, which a broadcast passes by.
  engines.Stop(2);
  engines.Pass(3000000);
  EXPECT_EQ(engines.Peer(1, 2).state(), PeerStats::SILENT);
  EXPECT_EQ(Rooms(), std::vector<Pid>({0}));
  EXPECT_TRUE(Offer(kBroadcast));
}

// There is room for smaller ones all the time.
TEST_F(RoomTest, IsToldWhenThereIsEnoughForTheLargestThatWasRefused) {
  constexpr size_t kLarge = 99900;
  EXPECT_TRUE(Offer(2, kLarge));
  EXPECT_TRUE(Offer(2, kMsg));
  EXPECT_FALSE(Offer(2, kLarge));
  engines.Pass(10000);
  EXPECT_EQ(Rooms(), std::vector<Pid>());
  EXPECT_NE(engines.Take(2), "");
  engines.Pass(3000);
  EXPECT_EQ(Rooms(), std::vector<Pid>({2}));
  EXPECT_TRUE(Offer(2, kLarge));
}

TEST_F(RoomTest, IsNotToldOnceNothingIsAcceptedAnyMore) {
  Fill(2);
  engines[1].CloseOutbox();
  TakeAll(2);
  EXPECT_EQ(Rooms(), std::vector<Pid>());
}

// Of another peer, whose queue was what filled it.
TEST(RoomInTotal, IsToldWhoeverHadIt) {
  Engines engines(3, Engines::DefaultLink(), kNever,
                  /*total_budget_bytes=*/300000);
  engines.Pass(10000);
  const auto offer = [&](Pid to) {
    return engines[1]
        .Offer(to, Text(1, std::string(kMsg, 'x')), engines.now)
        .status();
  };
  engines.Stop(2);
  engines.Stop(3);
  engines.Pass(3000000);
  while (offer(2).ok()) {
  }
  ASSERT_EQ(engines.Peer(1, 2).queued_bytes() / kCost, 150u);
  EXPECT_TRUE(offer(3).ok()) << "an empty queue takes one";
  EXPECT_EQ(offer(3).code(), absl::StatusCode::kResourceExhausted);
  engines[1].OweRoom(3, kMsg);
  engines.Start(2, Life{200, 2});
  Event event;
  bool told = false;
  for (int i = 0; i < 3000 && !told; ++i) {
    engines.Pass(1000);
    engines.Take(2);
    while (engines[1].NextEvent(&event)) {
      told = told || (event.kind() == Event::ROOM && event.peer() == 3);
    }
  }
  EXPECT_TRUE(told);
  EXPECT_TRUE(offer(3).ok());
}

}  // namespace
}  // namespace raft_cluster::internal
