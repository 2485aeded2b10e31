// Questions without a port: accounts that the test makes up, and no server.
#include "raft/status/answers.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

Stats Of(int up, int silent) {
  Stats stats;
  stats.set_failure_timeout_us(2000000);
  for (int i = 0; i < up + silent; ++i) {
    stats.add_peers()->set_state(i < up ? PeerStats::UP : PeerStats::SILENT);
  }
  return stats;
}

TEST(HealthTest, IsThatTheServerIsNotLateByMoreThanItsTimeout) {
  Stats stats = Of(0, 4);
  stats.set_late_us(1999999);
  EXPECT_EQ(Health(stats).code, 200);
  stats.set_late_us(2000001);
  EXPECT_EQ(Health(stats).code, 503);
  EXPECT_THAT(Health(stats).body, HasSubstr("late by 2.000001s"));
}

TEST(HealthTest, EndsWithTheServer) {
  Stats stats = Of(4, 0);
  stats.set_closed(true);
  EXPECT_EQ(Health(stats).code, 503);
  EXPECT_EQ(Readiness(stats, 0).code, 503);
}

TEST(ReadinessTest, WantsAsManyPeersAsItIsTold) {
  EXPECT_EQ(Readiness(Of(3, 1), 3).code, 200);
  EXPECT_EQ(Readiness(Of(2, 2), 3).code, 503);
  EXPECT_EQ(Readiness(Of(2, 2), 3).body, "2 of 4 peers are up, 3 are wanted\n");
  EXPECT_EQ(Readiness(Of(0, 4), 0).code, 200);
  EXPECT_EQ(Readiness(Of(4, 0), 99).code, 200);  // All there are.
}

TEST(ReadinessTest, WantsAMajorityUnlessItIsTold) {
  EXPECT_EQ(Readiness(Of(2, 2), -1).code, 200);  // Three of five.
  EXPECT_EQ(Readiness(Of(1, 3), -1).code, 503);
  EXPECT_EQ(Readiness(Of(0, 0), -1).code, 200);
}

TEST(ReadinessTest, CountsAPeerThatIsSlow) {
  Stats stats = Of(1, 0);
  stats.mutable_peers(0)->set_state(PeerStats::SLOW);
  EXPECT_EQ(Readiness(stats, 1).code, 200);
}

TEST(AnswerTest, IsThePageAlsoWithoutAServer) {
  const Answer page = AnswerTo({"/", ""}, nullptr, History(), -1);
  EXPECT_EQ(page.code, 200);
  EXPECT_THAT(page.body, HasSubstr("<!DOCTYPE html>"));
  EXPECT_THAT(page.body, HasSubstr("</html>"));
  EXPECT_THAT(page.body, Not(HasSubstr("https://")));  // All in one.
  for (const char* path : {"/status", "/metrics", "/healthz", "/readyz",
                           "/history", "/recorder"}) {
    EXPECT_EQ(AnswerTo({path, ""}, nullptr, History(), -1).code, 503) << path;
  }
}

TEST(AnswerTest, IsNotFoundElsewhere) {
  for (const char* path : {"", "/status/", "/etc/passwd", "//", "/..", "x"}) {
    EXPECT_EQ(AnswerTo({path, ""}, nullptr, History(), -1).code, 404) << path;
  }
}

TEST(JsonTest, IsProtobufsMappingWithWordsForEachEvent) {
  Stats stats = Of(1, 1);
  stats.set_pid(7);
  RecordedEvent* const event = stats.add_last_events();
  event->mutable_event()->set_kind(Event::PEER_LEFT);
  event->mutable_event()->set_peer(3);
  Stats read;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(ToJson(stats), &read).ok());
  EXPECT_EQ(read.pid(), 7);
  EXPECT_EQ(read.peers(1).state(), PeerStats::SILENT);
  EXPECT_EQ(read.last_events(0).words(), "server 3 has left");
}

TEST(JsonTest, HasTheRecordingAsWell) {
  Recording recording;
  RecordedEvent* const event = recording.add_events();
  event->set_number(9);
  event->mutable_event()->set_kind(Event::PEER_UP);
  event->mutable_event()->set_peer(2);
  RecordedState* const change = recording.add_states();
  change->set_peer(2);
  change->set_state(PeerStats::UP);
  Recording read;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(ToJson(recording), &read)
          .ok());
  EXPECT_EQ(read.events(0).number(), 9u);
  EXPECT_EQ(read.events(0).words(), "server 2 is up");
  EXPECT_EQ(read.states(0).words(), "server 2: UP");
}

}  // namespace
}  // namespace raft_cluster::internal
