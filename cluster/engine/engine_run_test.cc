// Engines over time: their events, their frames in turn, their end, and their
// account at every step of a run.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

std::vector<Event> AllEvents(Engine& engine) {
  std::vector<Event> events;
  for (Event event; engine.NextEvent(&event);) events.push_back(event);
  return events;
}

// A frame that is refused, and for what.
void Refuse(Engines& engines, Refusal::Reason reason, Pid from) {
  Header header;
  header.cluster = reason == Refusal::OTHER_CLUSTER ? 78 : 77;
  header.from = from;
  header.to = reason == Refusal::MISROUTED ? 9 : 1;
  header.src = {5, 5};
  engines.Arrive(1, EncodeFrame(header),
                 Origin{reason == Refusal::WRONG_KEY ? 99 : 0, 0, "there"});
}

// ---- Events ----------------------------------------------------------------

TEST(Events, OfOneKindInARowAboutOnePeerAreFoldedIntoOne) {
  Engines engines(3);
  for (int i = 0; i < 5; ++i) {
    Refuse(engines, Refusal::WRONG_KEY, 2);
    Refuse(engines, Refusal::WRONG_KEY, 3);
  }
  const std::vector<Event> events = AllEvents(engines[1]);
  ASSERT_EQ(events.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(events[i].peer(), static_cast<Pid>(2 + i));
    EXPECT_EQ(events[i].count(), 5u);
    EXPECT_EQ(events[i].folded(), 5u);
  }
}

// Strangers need only take turns in what they do wrong.
TEST(Events, OfRefusalsAreFoldedAlsoWhereOthersCameBetween) {
  Engines engines(2);
  for (int i = 0; i < 3; ++i) {
    Refuse(engines, Refusal::MISROUTED, 2);
    Refuse(engines, Refusal::OTHER_CLUSTER, 2);
  }
  const std::vector<Event> events = AllEvents(engines[1]);
  ASSERT_EQ(events.size(), 2u);
  for (const Event& event : events) EXPECT_EQ(event.folded(), 3u);
}

// Server 2 restarts: for server 1 each time a PEER_RESTARTED and a PEER_UP.
void RestartTwo(Engines& engines, int times) {
  for (int i = 0; i < times; ++i) {
    engines.Start(2, Life{static_cast<uint64_t>(engines.now), 1});
    engines.Pass(20000);
  }
}

TEST(Events, KeepTheirOrderAboutOnePeer) {
  Engines engines(2);
  engines.Pass(20000);
  AllEvents(engines[1]);
  RestartTwo(engines, 3);
  const std::vector<Event> events = AllEvents(engines[1]);
  ASSERT_EQ(events.size(), 6u);
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].kind(),
              i % 2 == 0 ? Event::PEER_RESTARTED : Event::PEER_UP);
    EXPECT_EQ(events[i].folded(), 1u);
  }
}

TEST(Events, AreBoundedAndTellHowManyWereMissed) {
  Engines engines(2);
  engines.Pass(20000);
  AllEvents(engines[1]);
  RestartTwo(engines, 700);
  EXPECT_EQ(engines[1].GetStats(engines.now).events_missed(), 376u);
  const std::vector<Event> events = AllEvents(engines[1]);
  ASSERT_EQ(events.size(), 1024u);
  EXPECT_EQ(events[0].missed(), 376u) << "before this one";
  EXPECT_EQ(events[1].missed(), 0u);
  EXPECT_EQ(events.back().incarnation().start_us(),
            static_cast<uint64_t>(engines.now) - 20000)
      << "the oldest are missed";
  Refuse(engines, Refusal::MISROUTED, 2);
  EXPECT_EQ(AllEvents(engines[1])[0].missed(), 0u) << "it was said";
}

TEST(Changes, GrowWithEveryEventAndWithRoomForWhoWasRefused) {
  Engines engines(2);
  const uint64_t at_first = engines[1].changes();
  engines.Pass(10000);
  const uint64_t up = engines[1].changes();
  EXPECT_GT(up, at_first);
  ASSERT_TRUE(engines[1].Offer(2, Text(1, "m"), engines.now).ok());
  engines.Pass(2000);
  EXPECT_EQ(engines[1].changes(), up) << "received, but not taken";
  engines.Take(2);
  engines.Pass(2000);
  EXPECT_EQ(engines[1].changes(), up) << "nobody was refused";
  EXPECT_EQ(engines[2].runs(), 1u);
  while (engines[1].Offer(2, Text(1, "m"), engines.now).ok()) {
  }
  engines.Pass(2000);
  EXPECT_EQ(engines[1].changes(), up);
  engines.Take(2);
  engines.Pass(2000);
  EXPECT_GT(engines[1].changes(), up);
}

// ---- Frames in turn --------------------------------------------------------

TEST(Frames, OfAllLinksComeInTurn) {
  Engines engines(4);
  engines.Pass(10000);
  for (const Pid pid : {2, 3, 4}) {
    for (const uint64_t id : {1, 2}) {  // Each has a frame to itself.
      ASSERT_TRUE(
          engines[1]
              .Offer(pid, Text(id, std::string(70000, 'x')), engines.now)
              .ok());
    }
  }
  std::map<Pid, int> frames;
  for (int i = 0; i < 6; ++i) {
    Engine::Due due;
    ASSERT_TRUE(engines[1].NextFrame(engines.now, false, &due));
    ++frames[due.peer];
    EXPECT_LE(frames[due.peer], 1 + i / 3);
  }
}

TEST(Frames, OfABlockedLinkWaitAndKeepNobodyElseWaiting) {
  Engines engines(3);
  engines.Pass(10000);
  for (const Pid pid : {2, 3}) {
    ASSERT_TRUE(engines[1].Offer(pid, Text(1, "m"), engines.now).ok());
  }
  const PeerRef two{0, 1};
  engines[1].SetBlocked(two, true);
  Engine::Due due;
  ASSERT_TRUE(engines[1].NextFrame(engines.now, true, &due));
  EXPECT_EQ(due.peer, 3);
  EXPECT_FALSE(engines[1].NextFrame(engines.now, true, &due));
  EXPECT_FALSE(engines[1].HasDueFrame(engines.now, false));
  EXPECT_GT(engines[1].Deadline(), engines.now);
  engines[1].SetBlocked(two, false);
  EXPECT_TRUE(engines[1].HasDueFrame(engines.now, false));
  EXPECT_LE(engines[1].Deadline(), engines.now);
  ASSERT_TRUE(engines[1].NextFrame(engines.now, true, &due));
  EXPECT_EQ(due.peer, 2);
  EXPECT_EQ(due.ref, two);
}

TEST(Frames, ThatAreStuckWaitUntilTheyGoOrAreLostWithTheConnection) {
  Engines engines(2);
  engines.Pass(10000);
  Engine& engine = engines[1];
  ASSERT_TRUE(engine.Offer(2, Text(1, "m"), engines.now).ok());
  Engine::Due due;
  ASSERT_TRUE(engine.NextFrame(engines.now, false, &due));
  engine.KeepStuck(due.ref, due.out.Encode());
  ASSERT_TRUE(engine.Offer(2, Text(2, "m"), engines.now).ok());
  EXPECT_FALSE(engine.HasDueFrame(engines.now + 1000000, false));

  // It is tried again, and does not go.
  std::vector<StuckFrame> stuck = engine.TakeStuck();
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].peer, 2);
  EXPECT_FALSE(engine.has_stuck());
  EXPECT_FALSE(engine.HasDueFrame(engines.now + 1000000, false)) << "blocked";
  engine.KeepStuck(stuck[0].ref, stuck[0].frame);

  // A new connection: it is lost, and the peer speaks again.
  EXPECT_EQ(engine.Reconnect(2)->url.ToString(), "test://2");
  EXPECT_TRUE(engine.TakeStuck().empty());
  EXPECT_TRUE(engine.HasDueFrame(engines.now + 1000000, false));
  EXPECT_FALSE(engine.Reconnect(9).has_value());

  // One of a peer that is no more is nobody's.
  engine.KeepStuck(PeerRef{7, 1}, Frame());
  EXPECT_FALSE(engine.has_stuck());
}

// ---- The inbox's end -------------------------------------------------------

TEST(IdleInbox, ClosesWhenNoEnvelopeCameForItsTimeout) {
  Engines engines(2, Engines::DefaultLink(), /*idle_timeout=*/2000000);
  engines.Pass(1500000);
  ASSERT_TRUE(engines[2].Offer(1, Text(1, "in time"), engines.now).ok());
  engines.Pass(1900000);
  EXPECT_TRUE(engines[1].inbox_status().ok());
  EXPECT_EQ(engines[2].inbox_status(),
            absl::FailedPreconditionError("the inbox is closed: no envelope "
                                          "came for Options::idle_timeout"));
  const uint64_t changes = engines[1].changes();
  engines.Pass(200000);
  EXPECT_FALSE(engines[1].inbox_status().ok());
  EXPECT_GT(engines[1].changes(), changes) << "so that who waits is told";
  EXPECT_EQ(engines.Take(1), "in time") << "what is there can be taken";
  ASSERT_TRUE(engines[2].Offer(1, Text(2, "late"), engines.now).ok());
  EXPECT_EQ(engines.Take(1), "");
  engines.Pass(10000);
  EXPECT_EQ(engines.Take(1), "") << "closed and empty is for good";
  EXPECT_TRUE(engines[1].Offer(2, Text(3, "m"), engines.now).ok())
      << "the outbox goes on";
}

// ---- The end ---------------------------------------------------------------

TEST(Abandon, SaysHowMuchWasLeftForWhichLivePeers) {
  Engines engines(4);
  engines.Stop(4);
  engines.Pass(10000);
  for (uint64_t id = 1; id <= 3; ++id) {
    ASSERT_TRUE(engines[1].Offer(kBroadcast, Text(id, "m"), engines.now).ok());
  }
  engines.Pass(10000);
  while (!engines.Take(3).empty()) {
  }
  ASSERT_TRUE(engines[1].Offer(3, Text(4, "m"), engines.now).ok());
  engines[1].Leave(engines.now);
  EXPECT_FALSE(engines[1].Left());
  engines.Pass(10000);
  EXPECT_FALSE(engines[1].Left());
  EXPECT_EQ(engines[1].Abandon(),
            absl::DeadlineExceededError(
                "closed before all was taken; abandoned for server 2: 3 "
                "envelopes, server 3: 1 envelopes, server 4: 3 envelopes"));
  EXPECT_EQ(engines.Peer(1, 2).ledger().abandoned(), 3u);
  EXPECT_EQ(engines.Peer(1, 4).ledger().abandoned(), 3u);
  EXPECT_EQ(engines.Peer(1, 4).ledger().in_flight(), 0u);
}

TEST(Leave, DrainsToThosePeersThatAreNotGoneAndIsOver) {
  Engines engines(3);
  engines.Stop(3);
  engines.Pass(10000);
  ASSERT_TRUE(engines[1].Offer(kBroadcast, Text(1, "last"), engines.now).ok());
  ASSERT_TRUE(engines[2].Offer(1, Text(1, "never taken"), engines.now).ok());
  engines.Pass(1000);
  engines[1].Leave(engines.now);
  EXPECT_EQ(engines.Take(1), "") << "taken is final";
  EXPECT_TRUE(engines[1].inbox_empty());
  engines.Pass(20000);
  EXPECT_FALSE(engines[1].Left());
  EXPECT_EQ(engines.Take(2), "last");
  engines.Pass(20000);
  EXPECT_FALSE(engines[1].Left()) << "server 3 may still come";
  const uint64_t changes = engines[1].changes();
  engines.Pass(2000000);
  EXPECT_TRUE(engines[1].Left());
  EXPECT_GT(engines[1].changes(), changes) << "who waits is told";
  EXPECT_EQ(engines[1].Abandon(),
            absl::UnavailableError("closed; abandoned for peers that are not "
                                   "there: server 3: 1 envelopes"));
  EXPECT_EQ(engines.Peer(1, 2).ledger().taken(), 1u);
  EXPECT_EQ(engines.Peer(2, 1).state(), PeerStats::DOWN);
}

TEST(LivePeers, AreCountedAndTheOthersNamed) {
  Engines engines(4);
  EXPECT_EQ(engines[2].live_peers(), 0);
  EXPECT_EQ(engines[2].MissingPeers(), "1, 3, 4");
  engines.Stop(3);
  engines.Pass(10000);
  EXPECT_EQ(engines[2].live_peers(), 2);
  EXPECT_EQ(engines[2].MissingPeers(), "3");
}

// ---- A run -----------------------------------------------------------------

class Run3 : public testing::TestWithParam<int> {};

// Three servers send, take, die and come back, over a network that loses
// frames. At every step the account of each adds up; in the end all has an
// outcome.
TEST_P(Run3, BalancesAtEveryStep) {
  std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
  LinkOptions link = Engines::DefaultLink();
  link.void_on_restart = GetParam() % 2 == 1;
  Engines engines(3, link);
  struct Counts {
    uint64_t offered, accepted, skipped, refused;
  };
  std::map<std::pair<Pid, Pid>, Counts> counts;
  const auto check = [&] {
    for (Pid pid = 1; pid <= 3; ++pid) {
      if (!engines.running(pid)) continue;
      const Stats stats = engines[pid].GetStats(engines.now);
      for (const PeerStats& peer : stats.peers()) {
        const Ledger& ledger = peer.ledger();
        ASSERT_EQ(ledger.accepted(), ledger.taken() + ledger.voided() +
                                         ledger.abandoned() +
                                         ledger.in_flight());
        const Counts& count = counts[{pid, peer.pid()}];
        ASSERT_EQ(ledger.offered(), count.offered);
        ASSERT_EQ(ledger.accepted(), count.accepted);
        ASSERT_EQ(ledger.skipped(), count.skipped);
        ASSERT_EQ(ledger.refused(), count.refused);
        ASSERT_EQ(count.offered,
                  count.accepted + count.skipped + count.refused);
      }
    }
  };
  uint64_t id = 0;
  uint64_t clock = 100;
  engines.lose = [&](Pid, Pid) { return random() % 10 == 0; };
  for (int step = 0; step < 3000; ++step) {
    const Pid pid = 1 + static_cast<Pid>(random() % 3);
    if (random() % 300 == 0) {
      if (engines.running(pid)) {
        engines.Stop(pid);
      } else {
        engines.Start(pid, Life{++clock, random()});
      }
      for (Pid peer = 1; peer <= 3; ++peer) counts[{pid, peer}] = Counts();
    }
    if (engines.running(pid) && random() % 2 == 0) {
      const Pid to =
          random() % 3 == 0 ? kBroadcast : 1 + static_cast<Pid>(random() % 3);
      const size_t size =
          random() % 10 == 0 ? random() % 100000 : random() % 2000;
      const auto receipt = engines[pid].Offer(
          to, Text(++id, std::string(size, 'm'), to == kBroadcast),
          engines.now);
      if (!receipt.ok()) engines[pid].CountRefused(to);
      const Stats stats = engines[pid].GetStats(engines.now);
      int accepted = 0, skipped = 0;
      for (const PeerStats& peer : stats.peers()) {
        if (to != kBroadcast && to != peer.pid()) continue;
        Counts& count = counts[{pid, peer.pid()}];
        ++count.offered;
        if (!receipt.ok()) {
          ++count.refused;
        } else if (peer.ledger().skipped() > count.skipped) {
          EXPECT_NE(peer.state(), PeerStats::UP);
          ++count.skipped;
          ++skipped;
        } else {
          ++count.accepted;
          ++accepted;
        }
      }
      if (receipt.ok()) {
        ASSERT_EQ(receipt->accepted, accepted);
        ASSERT_EQ(receipt->skipped, skipped);
      }
    }
    for (Pid taker = 1; taker <= 3; ++taker) {
      if (engines.running(taker) && random() % 2 == 0) engines.Take(taker);
    }
    engines.Pass(500);
    check();
    if (HasFatalFailure()) FAIL() << "at step " << step;
  }
  engines.lose = nullptr;
  for (Pid pid = 1; pid <= 3; ++pid) {
    if (!engines.running(pid)) engines.Start(pid, Life{++clock, random()});
  }
  for (int round = 0; round < 3000; ++round) {
    engines.Pass(1000);
    for (Pid pid = 1; pid <= 3; ++pid) {
      Delivery received;
      while (engines[pid].Take(&received, engines.now)) {
      }
    }
  }
  for (Pid pid = 1; pid <= 3; ++pid) {
    const Stats stats = engines[pid].GetStats(engines.now);
    for (const PeerStats& peer : stats.peers()) {
      EXPECT_EQ(peer.state(), PeerStats::UP);
      EXPECT_EQ(peer.ledger().in_flight(), 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Run3, testing::Range(0, 4));

}  // namespace
}  // namespace raft_cluster::internal
