// A queue's items over a session, with headers of a peer that the test plays.
#include "raft/cluster/link/send_stream.h"

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kPlenty = uint64_t{1} << 30;
constexpr Micros kHeartbeat = 200000;

class SendStreamTest : public testing::Test {
 protected:
  void Append(const std::string& msg, Micros now = 0) {
    queue.Append(MakeOutgoing(msg, ++id, /*broadcast=*/false), now);
    stream.OnAppended(now);
  }
  // Cuts and sends the next frame; how many items are in it.
  uint64_t Send(uint64_t stamp, Micros now = 0) {
    SendQueue::Slice slice;
    if (!stream.Cut(/*open=*/true, now, &slice)) return 0;
    const uint64_t items = slice.items;
    stream.OnSent(slice, stamp, path.connection());
    return items;
  }
  // The peer says so much; how many envelopes are taken by it.
  uint64_t Hear(uint64_t received, uint64_t taken, uint64_t echo = 0,
                uint64_t credit = kPlenty) {
    Header header;
    header.received = received;
    header.taken = taken;
    header.echo = echo;
    header.credit = credit;
    return stream.OnAcknowledged(header, /*fifo=*/true, path);
  }

  SendQueue queue;
  Path path{0};
  SendStream stream{&queue, 0};
  uint64_t id = 0;
};

TEST_F(SendStreamTest, SendsNothingWithoutCredit) {
  EXPECT_EQ(stream.Deadline(0), kNever) << "nothing waits";
  Append("one");
  EXPECT_TRUE(stream.waiting());
  EXPECT_EQ(stream.Deadline(0), 0) << "for all that is known";
  EXPECT_EQ(Send(1), 0u);
  EXPECT_EQ(stream.Deadline(0), kNever) << "until there is credit";
  Hear(0, 0);
  EXPECT_EQ(stream.Deadline(0), 0);
  EXPECT_EQ(Send(1), 1u);
  EXPECT_EQ(stream.sent(), 1u);
  EXPECT_FALSE(stream.waiting());
}

TEST_F(SendStreamTest, LetsItemsGatherWhileOthersAreOnTheirWay) {
  Hear(0, 0);
  Append("one");
  Send(1);
  Append("two", /*now=*/100);
  EXPECT_EQ(stream.Deadline(/*round_trip=*/300), 100 + 300);
  EXPECT_EQ(stream.Deadline(5000), 100 + 1000) << "a millisecond at most";
  Hear(1, 0);
  EXPECT_EQ(stream.Deadline(300), 0) << "what was in flight has arrived";
}

TEST_F(SendStreamTest, CountsWhatIsTakenOnce) {
  Hear(0, 0);
  for (int i = 0; i < 3; ++i) Append("x");
  Send(1);
  EXPECT_EQ(Hear(3, 1), 1u);
  EXPECT_EQ(Hear(3, 3), 2u);
  EXPECT_EQ(Hear(3, 3), 0u);
  EXPECT_TRUE(queue.empty());
}

TEST_F(SendStreamTest, SendsAgainWhatALaterFrameOvertook) {
  Hear(0, 0);
  for (uint64_t stamp = 1; stamp <= 3; ++stamp) {
    Append(std::string(60000, 'x'));
    Send(stamp);
  }
  Hear(0, 0, /*echo=*/1);
  EXPECT_FALSE(stream.has_lost()) << "it is the first one that came back";
  Hear(0, 0, /*echo=*/2);
  ASSERT_TRUE(stream.has_lost());
  const SendStream::InFlight& again = stream.ResendLost(/*stamp=*/4, 0);
  EXPECT_EQ(again.first, 1u);
  EXPECT_FALSE(stream.has_lost());
  Hear(0, 0, /*echo=*/3);
  EXPECT_TRUE(stream.has_lost()) << "the second one, too, but not the first";
  EXPECT_EQ(stream.ResendLost(5, 0).first, 2u);
  EXPECT_FALSE(stream.has_lost());
}

TEST_F(SendStreamTest, GivesFramesTimeToOvertakeAfterAReset) {
  Hear(0, 0);
  Append(std::string(60000, 'x'));
  Send(1);
  path.OnReset(/*up=*/true);
  Hear(0, 0, /*echo=*/1000);
  EXPECT_FALSE(stream.has_lost());
  Hear(0, 0, /*echo=*/1002);
  EXPECT_TRUE(stream.has_lost());
}

TEST_F(SendStreamTest, KnowsWhichFramesHaveArrived) {
  Hear(0, 0);
  Append("one");
  Send(7);
  EXPECT_FALSE(stream.Arrived(7, /*received=*/0));
  EXPECT_TRUE(stream.Arrived(7, 1));
  EXPECT_FALSE(stream.Arrived(8, 1));
}

TEST_F(SendStreamTest, ProbesLessAndLessOftenUntilThereIsProgress) {
  EXPECT_EQ(stream.ProbeInterval(0, kHeartbeat), 10000);
  EXPECT_EQ(stream.ProbeInterval(/*round_trip=*/20000, kHeartbeat), 40000);
  stream.OnProbe();
  EXPECT_EQ(stream.ProbeInterval(0, kHeartbeat), 20000);
  for (int i = 0; i < 100; ++i) stream.OnProbe();
  EXPECT_EQ(stream.ProbeInterval(0, kHeartbeat), kHeartbeat);
  Hear(0, 0);
  Append("one");
  Send(1);
  EXPECT_EQ(stream.ProbeInterval(0, kHeartbeat), 10000);
}

TEST_F(SendStreamTest, IsSlowWhileCreditIsTheLimit) {
  Hear(0, 0, 0, /*credit=*/1);
  Append("one");
  EXPECT_EQ(Send(1, /*now=*/100), 0u);
  EXPECT_EQ(stream.SlowAt(kHeartbeat), 100 + kHeartbeat);
  stream.Tick(100 + kHeartbeat - 1, kHeartbeat);
  EXPECT_FALSE(stream.slow());
  stream.Tick(100 + kHeartbeat, kHeartbeat);
  EXPECT_TRUE(stream.slow());
  EXPECT_EQ(stream.SlowAt(kHeartbeat), kNever);
  Hear(0, 0);
  Send(2, 300000);
  EXPECT_FALSE(stream.slow());
}

TEST_F(SendStreamTest, IsSlowWhileAFullQueueIsNotTaken) {
  Hear(0, 0);
  Append("one");
  Send(1);
  stream.NoteFull(/*now=*/50);
  EXPECT_EQ(stream.SlowAt(kHeartbeat), kNever) << "it may not have arrived";
  Hear(1, 0);
  EXPECT_EQ(stream.SlowAt(kHeartbeat), 50 + kHeartbeat);
  Hear(1, 1);
  EXPECT_EQ(stream.SlowAt(kHeartbeat), kNever);
}

TEST_F(SendStreamTest, OfANewSessionStartsWithAllThatIsNotTaken) {
  Hear(0, 0);
  for (int i = 0; i < 3; ++i) Append("x");
  Send(1);
  Hear(3, 1);
  stream = SendStream(&queue, /*now=*/900);
  EXPECT_TRUE(stream.waiting());
  EXPECT_EQ(stream.sent(), 0u);
  EXPECT_EQ(Send(2), 0u) << "no credit of the former session counts";
  Hear(0, 0);
  SendQueue::Slice slice;
  ASSERT_TRUE(stream.Cut(true, 0, &slice));
  EXPECT_EQ(slice.first, 1u) << "numbers start again";
  EXPECT_EQ(slice.items, 2u);
}

}  // namespace
}  // namespace raft_cluster::internal
