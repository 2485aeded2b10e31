// What waits to be sent is voided, and what is on its way goes on.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kCost = 5 + kEnvelopeOverhead;  // Of "hello".

TEST(Discard, VoidsWhatHasNotBegunToGoAndNumbersWhatFollowsWithoutAGap) {
  Side me;
  me.Say();
  me.Open(/*credit=*/3 * kCost);
  for (uint64_t id = 1; id <= 10; ++id) ASSERT_TRUE(me.Send(id, "hello"));
  const wire::Frame sent = me.SayOne();
  EXPECT_EQ(sent.items_size(), 3);
  me.TakeEvents();
  EXPECT_EQ(me.link.Discard(me.now), 7u);
  me.Collect();
  const Event event = me.OnlyEvent(Event::ENVELOPES_VOIDED);
  EXPECT_EQ(event.count(), 7u);
  EXPECT_EQ(event.bytes(), 35u);
  EXPECT_EQ(event.first_id(), 4u);
  EXPECT_EQ(me.Stats().ledger().voided(), 7u);
  EXPECT_EQ(me.Stats().ledger().in_flight(), 3u);
  me.ExpectBalance();
  EXPECT_EQ(me.link.Discard(me.now), 0u) << "nothing waits any more";

  ASSERT_TRUE(me.Send(11, "hello"));
  Header header = me.FromPeer();
  header.received = header.taken = 3;
  header.credit = 100 * kCost;
  me.Hear(header);
  const wire::Frame next = me.Say().back();
  EXPECT_EQ(next.first(), 4u);
  ASSERT_EQ(next.items_size(), 1);
  EXPECT_EQ(next.items(0).id(), 11u);
  EXPECT_EQ(me.Stats().ledger().taken(), 3u);
  me.ExpectBalance();
}

// The peer has a part of it.
TEST(Discard, LetsALargeEnvelopeGoOnOfWhichAPartHasGone) {
  Side me;
  me.Say();
  me.Open(/*credit=*/kFragmentBytes + kEnvelopeOverhead);
  ASSERT_TRUE(me.Send(1, std::string(3 * kFragmentBytes, 'x')));
  ASSERT_TRUE(me.Send(2, "hello"));
  EXPECT_EQ(me.SayOne().items(0).fragment().index(), 0u);
  EXPECT_EQ(me.link.Discard(me.now), 1u);
  me.ExpectBalance();
  ASSERT_TRUE(me.Send(3, "hello"));
  Header header = me.FromPeer();
  header.credit = 1 << 30;
  me.Hear(header);
  std::vector<uint64_t> firsts;
  for (const wire::Frame& frame : me.Say()) firsts.push_back(frame.first());
  // A small one waits for what is in flight.
  header.received = header.taken = 3;
  me.Hear(header);
  for (const wire::Frame& frame : me.Say()) firsts.push_back(frame.first());
  EXPECT_EQ(firsts, std::vector<uint64_t>({2, 3, 4}));
}

TEST(Discard, OfAPeerThatWasNeverThereLeavesNothing) {
  Side me;
  for (uint64_t id = 1; id <= 10; ++id) ASSERT_TRUE(me.Send(id, "hello"));
  EXPECT_EQ(me.link.Discard(me.now), 10u);
  EXPECT_EQ(me.link.held_bytes(), 0u);
  me.ExpectBalance();
  ASSERT_TRUE(me.Send(11, "hello"));
  me.Say();
  EXPECT_EQ(me.Open().items(0).id(), 11u);
}

// Its stale copies are all that made it slow.
TEST(Discard, MakesAPeerUpThatWasSlowForWhatIsDiscarded) {
  Side me;
  me.Say();
  me.Open(/*credit=*/kCost);
  ASSERT_TRUE(me.Send(1, "hello"));
  ASSERT_TRUE(me.Send(2, "hello"));
  for (int i = 0; i < 20 && me.link.state() == PeerStats::UP; ++i) {
    me.Say();
    me.Pass(50 * kMilli);
    Header header = me.FromPeer();
    header.received = 1;
    header.credit = kCost;
    me.Hear(header);
  }
  ASSERT_EQ(me.link.state(), PeerStats::SLOW);
  me.link.Discard(me.now);
  me.Collect();
  EXPECT_EQ(me.link.state(), PeerStats::UP);
}

// In all orders of sending, losing, taking and discarding.
TEST(Discard, KeepsTheOrderAndTheAccountOnARoughWire) {
  Pair pair;
  pair.Open();
  pair.reads_at_once = false;
  int frames = 0;
  pair.lose = [&](bool, const wire::Frame&) { return ++frames % 9 == 0; };
  uint64_t id = 0, discarded = 0;
  for (int step = 0; step < 3000; ++step) {
    for (int i = 0; i < step % 7; ++i) {
      pair.a.Send(++id, std::string(step % 11 == 0 ? 10000 : 500, 'x'));
    }
    if (step % 13 == 0) discarded += pair.a.link.Discard(pair.now);
    if (step % 3 == 0) pair.b().TakeAll();
    pair.Pass(200);
  }
  pair.reads_at_once = true;
  pair.b().TakeAll();
  pair.Pass(5 * kSecond);
  pair.a.Collect();
  const Ledger ledger = pair.a.Stats().ledger();
  EXPECT_GT(discarded, 0u);
  EXPECT_EQ(ledger.voided(), discarded);
  EXPECT_EQ(ledger.in_flight(), 0u);
  EXPECT_EQ(ledger.taken(), pair.b().delivered.size());
  uint64_t last = 0;
  for (const Side::Envelope& envelope : pair.b().delivered) {
    EXPECT_GT(envelope.id, last);
    last = envelope.id;
  }
  pair.a.ExpectBalance();
}

}  // namespace
}  // namespace raft_cluster::internal
