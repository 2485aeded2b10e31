// Events are recorded at times of the test's choosing, and read back.
#include "raft/cluster/engine/recorder.h"

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kSecond = 1000000;

Event Of(Event::Kind kind, int peer) {
  Event event;
  event.set_kind(kind);
  event.set_peer(peer);
  return event;
}

Event Refused(int peer, Refusal::Reason reason) {
  Event event = Of(Event::FRAME_REFUSED, peer);
  event.set_refusal(reason);
  event.set_count(1);
  return event;
}

// The wall clock of the tests, which is set at will.
uint64_t wall = 0;

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() { wall = 0; }

  Recording Read() const { return recorder.Read(0); }

  Recorder recorder{Recording(), [] { return wall; }, 0};
};

TEST_F(RecorderTest, KeepsEventsInOrderWithBothTimes) {
  recorder.Record(Of(Event::PEER_UP, 2), 7);
  wall = 2009;
  recorder.Record(Of(Event::PEER_SILENT, 2), 9);
  recorder.Record(Of(Event::PEER_UP, 2), 11);
  const Recording recording = Read();
  ASSERT_EQ(recording.events_size(), 3);
  EXPECT_EQ(recording.events(1).number(), 2u);
  EXPECT_EQ(recording.events(1).event().kind(), Event::PEER_SILENT);
  EXPECT_EQ(recording.events(1).monotonic_us(), 9u);
  EXPECT_EQ(recording.events(1).unix_us(), 2009u);
}

TEST_F(RecorderTest, DropsTheOldestAndNumbersOn) {
  for (int i = 0; i < 5000; ++i) {
    recorder.Record(Of(Event::PEER_UP, i), i);
  }
  const Recording recording = Read();
  ASSERT_EQ(recording.events_size(), 4096);
  EXPECT_EQ(recording.events(0).number(), 905u);
  EXPECT_EQ(recording.events(4095).number(), 5000u);
}

TEST_F(RecorderTest, CountsRefusalsOfAMinuteInTheFirst) {
  for (int i = 0; i < 100000; ++i) {  // 50 s of two strangers in turn.
    recorder.Record(Refused(0, Refusal::MALFORMED), i * 500);
    recorder.Record(Refused(0, Refusal::CHECKSUM), i * 500);
    recorder.Record(Refused(3, Refusal::CHECKSUM), i * 500);
  }
  Recording recording = Read();
  ASSERT_EQ(recording.events_size(), 3);
  EXPECT_EQ(recording.events(0).event().count(), 100000u);
  EXPECT_EQ(recording.events(0).last_monotonic_us(), 99999u * 500);

  recorder.Record(Refused(0, Refusal::MALFORMED), 61 * kSecond);
  recorder.Record(Refused(0, Refusal::MALFORMED), 62 * kSecond);
  recording = Read();
  ASSERT_EQ(recording.events_size(), 4);
  EXPECT_EQ(recording.events(3).event().count(), 2u);
}

TEST_F(RecorderTest, SaysWhereTheLastOfThemCameFromAndWhatWasWrongWithIt) {
  for (const char* name : {"one", "two"}) {
    Event event = Refused(2, Refusal::OTHER_ADDRESS);
    event.set_address(std::string("address ") + name);
    event.set_detail(std::string("detail ") + name);
    recorder.Record(event, 1);
  }
  const Recording recording = Read();
  ASSERT_EQ(recording.events_size(), 1);
  EXPECT_EQ(recording.events(0).event().address(), "address two");
  EXPECT_EQ(recording.events(0).event().detail(), "detail two");
}

TEST_F(RecorderTest, ForgetsWhatItCountedInOnceThatIsDropped) {
  recorder.Record(Refused(0, Refusal::MALFORMED), 1);
  for (int i = 0; i < 4096; ++i) recorder.Record(Of(Event::PEER_UP, i), 2);
  recorder.Record(Refused(0, Refusal::MALFORMED), 3);
  const Recording recording = Read();
  ASSERT_EQ(recording.events_size(), 4096);
  EXPECT_EQ(recording.events(4095).event().kind(), Event::FRAME_REFUSED);
  EXPECT_EQ(recording.events(4095).event().count(), 1u);
}

TEST_F(RecorderTest, RepeatsTheLastInAnAccount) {
  for (int i = 0; i < 30; ++i) recorder.Record(Of(Event::PEER_UP, i), i);
  Stats stats;
  recorder.FillLast(20, &stats);
  ASSERT_EQ(stats.last_events_size(), 20);
  EXPECT_EQ(stats.last_events(0).number(), 11u);
  EXPECT_EQ(stats.last_events(19).number(), 30u);
}

TEST_F(RecorderTest, SaysWhoseLifeItIs) {
  Incarnation life;
  life.set_start_us(5);
  recorder.SetLife(life);
  EXPECT_EQ(Read().incarnation().start_us(), 5u);
}

TEST_F(RecorderTest, CutsLongDetails) {
  Event event = Of(Event::PEER_UNREACHABLE, 2);
  event.set_detail(std::string(100000, 'x'));
  recorder.Record(event, 1);
  EXPECT_LE(Read().events(0).event().detail().size(), 512u);
}

TEST_F(RecorderTest, KeepsStatesBesideEventsThatTheyDoNotPushOut) {
  recorder.Record(Of(Event::PEER_UP, 2), 1);
  for (int i = 1; i <= 5000; ++i) {
    wall = 9000 + static_cast<uint64_t>(i);
    RecordedState change;
    change.set_peer(i);
    change.set_state(PeerStats::SILENT);
    change.set_reason(std::string(1000, 'x'));
    recorder.Record(change, i);
  }
  const Recording recording = Read();
  EXPECT_EQ(recording.events_size(), 1);
  ASSERT_EQ(recording.states_size(), 4096);
  const RecordedState& last = recording.states(4095);
  EXPECT_EQ(last.number(), 5000u);
  EXPECT_EQ(last.peer(), 5000);
  EXPECT_EQ(last.state(), PeerStats::SILENT);
  EXPECT_EQ(last.reason().size(), 512u);
  EXPECT_EQ(last.monotonic_us(), 5000u);
  EXPECT_EQ(last.unix_us(), 14000u);
}

}  // namespace
}  // namespace raft_cluster::internal
