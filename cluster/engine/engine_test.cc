// What an engine answers, counts and reports.
#include "raft/cluster/engine/engine.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/engine/testing_engines.h"

namespace raft_cluster::internal {
namespace {

// Fills the queue of `from` to `to`.
void Fill(Engines& engines, Pid from, Pid to) {
  while (engines[from]
             .Offer(to, Text(1, std::string(1000, 'x')), engines.now)
             .ok()) {
  }
}

// ---- The outbox ------------------------------------------------------------

TEST(Offer, NamesWhatIsWrong) {
  Engines engines(3);
  Engine& engine = engines[1];
  const auto offer = [&](Pid to, size_t size) {
    return engine.Offer(to, Text(1, std::string(size, 'x')), engines.now)
        .status();
  };
  EXPECT_EQ(offer(4, 1),
            absl::NotFoundError("no server 4 in the configuration"));
  EXPECT_EQ(offer(0, 1).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(offer(-2, 1).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(offer(1, 1),
            absl::InvalidArgumentError("server 1 sends to itself"));
  const absl::Status large = absl::InvalidArgumentError(
      "msg of 100001 bytes: this server allows at most 100000 "
      "(Options::max_envelope_bytes)");
  EXPECT_EQ(offer(2, 100001), large);
  EXPECT_EQ(offer(kBroadcast, 100001), large);
  EXPECT_TRUE(offer(2, 100000).ok());
  Fill(engines, 1, 2);
  EXPECT_EQ(
      offer(2, 99000),
      absl::ResourceExhaustedError(
          "the queue to server 2 is full (Options::link_budget_bytes is "
          "200000 for each peer); send again later, or wait with Send()"));
  EXPECT_TRUE(offer(3, 99000).ok()) << "one full queue is not another";
  engine.CloseOutbox();
  EXPECT_EQ(offer(2, 1), absl::FailedPreconditionError("the outbox is closed"));
  EXPECT_TRUE(engine.inbox_status().ok()) << "the inbox goes on";
  engine.Leave(1);
  EXPECT_EQ(offer(2, 1), absl::FailedPreconditionError("the server is closed"));
}

TEST(Offer, NamesThePeerWhoseLimitIsTheSmallerOne) {
  LinkOptions link = Engines::DefaultLink();
  Engines engines(2);
  link.max_envelope_bytes = 5000;
  Engines other(2, link);
  // Server 2 of the other cluster answers.
  Engine::Due due;
  ASSERT_TRUE(engines[1].NextFrame(engines.now, true, &due));
  other.Arrive(2, due.out.Encode(), Origin());
  while (other[2].NextFrame(other.now, true, &due)) {
    engines.Arrive(1, due.out.Encode(), Origin());
  }
  const auto offer = [&](Pid to) {
    return engines[1]
        .Offer(to, Text(1, std::string(5001, 'x')), engines.now)
        .status();
  };
  const absl::Status expected = absl::InvalidArgumentError(
      "msg of 5001 bytes: server 2 allows at most 5000 "
      "(Options::max_envelope_bytes)");
  EXPECT_EQ(offer(2), expected);
  EXPECT_EQ(offer(kBroadcast), expected);
}

TEST(Broadcast, IsAcceptedForAllPeersAndArrivesAsOne) {
  Engines engines(4);
  engines.Pass(10000);
  const auto receipt =
      engines[1].Offer(kBroadcast, Text(7, "all", true), engines.now);
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(receipt->accepted, 3);
  EXPECT_EQ(receipt->skipped, 0);
  engines.Pass(10000);
  for (const Pid pid : {2, 3, 4}) {
    Delivery received;
    ASSERT_TRUE(engines[pid].Take(&received, engines.now));
    EXPECT_EQ(received.msg, "all");
    EXPECT_EQ(received.to, kBroadcast);
    EXPECT_EQ(received.from, 1);
    EXPECT_EQ(received.id, 7u);
    EXPECT_EQ(received.incarnation, 1u);
  }
  EXPECT_EQ(engines.Take(1), "") << "never to oneself";
  EXPECT_EQ(engines[1].GetStats(engines.now).sent(), 3u);
}

TEST(Broadcast, IsForAllLivePeersOrForNone) {
  Engines engines(4);
  engines.Pass(10000);
  Fill(engines, 1, 2);
  Fill(engines, 1, 4);
  const Outgoing broadcast = Text(1, std::string(1000, 'b'), true);
  EXPECT_EQ(engines[1].Offer(kBroadcast, broadcast, engines.now).status(),
            absl::ResourceExhaustedError(
                "the queue to servers 2, 4 is full "
                "(Options::link_budget_bytes is 200000 for each peer); send "
                "again later, or wait with Send()"));
  EXPECT_EQ(engines.Peer(1, 3).ledger().offered(), 0u);
  engines[1].CountRefused(kBroadcast);
  for (const Pid pid : {2, 3, 4}) {
    EXPECT_EQ(engines.Peer(1, pid).ledger().refused(), 1u);
  }
  ExpectBalance(engines, 1);
}

TEST(Broadcast, PassesByAFullPeerThatIsNotLiveAndSaysSo) {
  Engines engines(3);
  engines.Stop(3);
  engines.Pass(10000);
  Fill(engines, 1, 3);
  const uint64_t before = engines.Peer(1, 3).ledger().accepted();
  for (uint64_t id = 10; id < 13; ++id) {
    const auto receipt = engines[1].Offer(
        kBroadcast, Text(id, std::string(1000, 'b'), true), engines.now);
    ASSERT_TRUE(receipt.ok());
    EXPECT_EQ(receipt->accepted, 1);
    EXPECT_EQ(receipt->skipped, 1);
  }
  EXPECT_EQ(engines.Peer(1, 2).ledger().accepted(), 3u);
  EXPECT_EQ(engines.Peer(1, 3).ledger().accepted(), before);
  EXPECT_EQ(engines.Peer(1, 3).ledger().skipped(), 3u);
  const auto events = Events(engines[1], Event::ENVELOPES_SKIPPED);
  ASSERT_EQ(events.size(), 1u) << "folded";
  EXPECT_EQ(events[0].peer(), 3);
  EXPECT_EQ(events[0].count(), 3u);
  EXPECT_EQ(events[0].bytes(), 3000u);
  EXPECT_EQ(events[0].first_id(), 10u);
  ExpectBalance(engines, 1);
}

TEST(Offer, ThatIsRefusedCountsForThoseItWasFor) {
  Engines engines(3);
  engines[1].CountRefused(2);
  engines[1].CountRefused(9);  // Nobody.
  EXPECT_EQ(engines.Peer(1, 2).ledger().refused(), 1u);
  EXPECT_EQ(engines.Peer(1, 3).ledger().refused(), 0u);
  ExpectBalance(engines, 1);
}

// ---- Frames that are refused -----------------------------------------------

class Refused : public testing::Test {
 protected:
  Refused() : engines(2) { header = HeaderOf(engines); }

  static Header HeaderOf(Engines&) {
    Header header;
    header.cluster = 77;
    header.from = 2;
    header.to = 1;
    header.src = {5, 5};
    return header;
  }
  void Arrive(Pid proven = 0) {
    engines.Arrive(1, EncodeFrame(header), Origin{proven, 0, "there"});
  }
  // Counted once, for nobody in particular or for server 2, and reported.
  void ExpectCounted(Refusal::Reason reason, Pid peer = 0,
                     const std::string& detail = "") {
    const Stats stats = engines[1].GetStats(engines.now);
    const auto& refusals =
        peer == 0 ? stats.refused_frames() : stats.peers(0).refused_frames();
    ASSERT_EQ(refusals.size(), 1);
    EXPECT_EQ(refusals[0].reason(), reason);
    EXPECT_EQ(refusals[0].count(), 1u);
    const auto events = Events(engines[1], Event::FRAME_REFUSED);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].refusal(), reason);
    EXPECT_EQ(events[0].address(), "there");
    EXPECT_EQ(events[0].peer(), peer);
    EXPECT_EQ(events[0].count(), 1u);
    EXPECT_EQ(events[0].detail(), detail);
  }

  Engines engines;
  Header header;
};

TEST_F(Refused, IsAFrameOfAnotherCluster) {
  header.cluster = 78;
  Arrive();
  ExpectCounted(Refusal::OTHER_CLUSTER, 0, "it says that it is server 2");
}

TEST_F(Refused, IsAFrameOfAnUnknownPid) {
  header.from = 3;
  Arrive();
  ExpectCounted(Refusal::UNKNOWN_PID, 0, "it says that it is server 3");
}

TEST_F(Refused, IsAFrameOfOurOwn) {
  header.from = 1;
  Arrive();
  ExpectCounted(Refusal::UNKNOWN_PID, 0,
                "it says that it is server 1, as this one is");
}

TEST_F(Refused, IsAFrameForSomebodyElse) {
  header.to = 7;
  Arrive();
  ExpectCounted(Refusal::MISROUTED, 0,
                "it says that it is server 2, and speaks to server 7");
}

// The peers' frames go first; then there is the note, and nothing else.
TEST_F(Refused, IsToldWhy) {
  header.from = 3;
  engines.Arrive(1, EncodeFrame(header), Origin{0, 42, "there"});
  EXPECT_TRUE(engines[1].HasDueFrame(engines.now, /*sleeping=*/false));
  EXPECT_LE(engines[1].Deadline(), engines.now);
  Engine::Due due;
  ASSERT_TRUE(engines[1].NextFrame(engines.now, /*sleeping=*/false, &due));
  EXPECT_FALSE(due.out.reply);
  ASSERT_TRUE(engines[1].NextFrame(engines.now, /*sleeping=*/false, &due));
  EXPECT_TRUE(due.out.reply);
  EXPECT_EQ(due.out.origin.connection, 42u);
  EXPECT_EQ(due.ref, PeerRef()) << "nobody's, so that it is never kept";
  EXPECT_EQ(due.out.header.to, 3);
  EXPECT_EQ(due.out.header.src, (Life{100, 1}));
  EXPECT_EQ(due.out.header.hello->refused(), Refusal::UNKNOWN_PID);
  EXPECT_FALSE(engines[1].NextFrame(engines.now, /*sleeping=*/false, &due));
  EXPECT_FALSE(engines[1].HasDueFrame(engines.now, /*sleeping=*/false));
  EXPECT_GT(engines[1].Deadline(), engines.now);
}

// Server 1 of one cluster and server 2 of another call each other. Each says
// what is wrong, at both ends, and they do not go on about it.
TEST(Strangers, OfTwoClustersTellEachOtherWhy) {
  Engines ours(2);
  LinkOptions link = Engines::DefaultLink();
  link.cluster = 78;
  Engines theirs(2, link);
  int notes = 0;
  constexpr int kSeconds = 10;
  for (int step = 0; step < kSeconds * 100; ++step) {
    ours.now += 10000;
    theirs.now = ours.now;
    Engine::Due due;
    while (ours[1].NextFrame(ours.now, true, &due)) {
      notes += due.out.reply;
      theirs.Arrive(2, due.out.Encode(), Origin{0, 1, "one"});
    }
    while (theirs[2].NextFrame(ours.now, true, &due)) {
      notes += due.out.reply;
      ours.Arrive(1, due.out.Encode(), Origin{0, 2, "two"});
    }
  }
  EXPECT_THAT(ours.Peer(1, 2).reason(),
              ::testing::HasSubstr("another cluster"));
  EXPECT_THAT(theirs.Peer(2, 1).reason(),
              ::testing::HasSubstr("another cluster"));
  EXPECT_EQ(Events(ours[1], Event::PEER_UNREACHABLE).size(), 1u);
  EXPECT_GT(notes, 2);
  EXPECT_LE(notes, 2 * (kSeconds + 1));
}

TEST(Strangers, AreToldNothingByAServerThatWasSuperseded) {
  Engines engines(2);
  Header header;
  header.cluster = 77;
  header.from = 2;
  header.to = 1;
  header.src = {5, 5};
  header.dst = {100, 1};
  header.hello.emplace();
  header.hello->set_version(kNewestVersion);
  header.hello->set_url("test://2");
  engines.Arrive(1, EncodeFrame(header), Origin());
  header.dst = {200, 2};
  engines.Arrive(1, EncodeFrame(header), Origin());
  ASSERT_FALSE(engines[1].inbox_status().ok());
  header.from = 3;
  engines.Arrive(1, EncodeFrame(header), Origin());
  Engine::Due due;
  EXPECT_FALSE(engines[1].NextFrame(engines.now, true, &due));
}

TEST_F(Refused, IsAFrameWhoseKeyDoesNotOwnItsPid) {
  header.dst = {9999, 1};  // Says that we are superseded.
  Arrive(/*proven=*/3);
  ExpectCounted(Refusal::WRONG_KEY, 2);
  EXPECT_TRUE(engines[1].inbox_status().ok());
}

TEST_F(Refused, IsADamagedFrameAndOneThatIsNone) {
  std::string bytes(EncodeFrame(header).head.view());
  bytes.back() = static_cast<char>(~bytes.back());
  engines.Arrive(1, Frame{Bytes::Copy(bytes), Bytes()}, Origin{0, 0, "there"});
  ExpectCounted(Refusal::CHECKSUM);
  engines.Arrive(1, Frame{Bytes::Copy("GET / HTTP/1.1"), Bytes()}, Origin());
  const Stats stats = engines[1].GetStats(engines.now);
  ASSERT_EQ(stats.refused_frames_size(), 2);
  EXPECT_EQ(stats.refused_frames(0).reason(), Refusal::MALFORMED);
}

// What the transport turned away has a reason too.
TEST_F(Refused, IsACallerThatTheTransportTurnedAway) {
  engines[1].OnTurnedAway(TurnedAway::kUnknownKey, 0, "there", engines.now);
  ExpectCounted(Refusal::UNKNOWN_KEY);
}

TEST_F(Refused, IsAPeerThatTheTransportTurnedAway) {
  engines[1].OnTurnedAway(TurnedAway::kHandshake, 2, "there", engines.now);
  ExpectCounted(Refusal::HANDSHAKE, 2);
}

TEST_F(Refused, IsAPeerWithoutKeysWhereTheOthersHaveSome) {
  engines[1].OnTurnedAway(TurnedAway::kKeysOfOne, 2, "there", engines.now);
  ExpectCounted(Refusal::HANDSHAKE, 2, "only one of the two has keys");
}

TEST_F(Refused, IsAMessageThatIsNoFrame) {
  engines[1].OnTurnedAway(TurnedAway::kMalformed, 9, "there", engines.now);
  ExpectCounted(Refusal::MALFORMED);
}

TEST_F(Refused, IsAMessageThatIsTooLarge) {
  engines[1].OnTurnedAway(TurnedAway::kTooLarge, 0, "there", engines.now);
  ExpectCounted(Refusal::TOO_LARGE);
}

// Strangers who take turns in what they do wrong push out nothing.
TEST_F(Refused, FillsNoMoreThanAnEventForEachReason) {
  engines[1].OnReset(2, /*up=*/true, engines.now);
  engines.Pass(10000);
  for (int i = 0; i < 5000; ++i) {
    engines[1].OnTurnedAway(TurnedAway::kHandshake, 0, "there", engines.now);
    engines[1].OnTurnedAway(TurnedAway::kUnknownKey, 0, "there", engines.now);
  }
  int refused = 0;
  int up = 0;
  for (Event event; engines[1].NextEvent(&event);) {
    refused += event.kind() == Event::FRAME_REFUSED;
    up += event.kind() == Event::PEER_UP;
    EXPECT_EQ(event.count(), event.kind() == Event::FRAME_REFUSED ? 5000u : 0u);
    EXPECT_EQ(event.missed(), 0u);
  }
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(up, 1);
}

TEST(InTheClear, IsSaidOnce) {
  EngineOptions options;
  options.link = Engines::DefaultLink();
  options.link.self = 1;
  options.life = Life{100, 1};
  options.url = "tcp://10.0.0.1:7";
  Engine silent(options, 1);
  Event event;
  EXPECT_FALSE(silent.NextEvent(&event));
  options.in_the_clear = true;
  Engine engine(options, 1);
  ASSERT_TRUE(engine.NextEvent(&event));
  EXPECT_EQ(event.kind(), Event::IN_THE_CLEAR);
  EXPECT_EQ(event.address(), options.url);
  EXPECT_THAT(event.detail(), ::testing::HasSubstr("neither encrypted nor"));
  EXPECT_FALSE(engine.NextEvent(&event));
}

TEST_F(Refused, IsNotAFrameWhoseKeyOwnsItsPid) {
  header.hello.emplace();
  header.hello->set_version(kNewestVersion);
  header.hello->set_url("test://2");
  Engine::Due due;
  while (engines[1].NextFrame(engines.now, true, &due)) {
  }
  Arrive(/*proven=*/2);
  EXPECT_TRUE(engines[1].NextFrame(engines.now, true, &due)) << "the answer";
}

}  // namespace
}  // namespace raft_cluster::internal
