// An account is made into metrics, and the text is read as Prometheus would.
#include "raft/status/metrics.h"

#include <prometheus/text_serializer.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster {
namespace {

using testing::HasSubstr;
using testing::Not;

Stats Example() {
  Stats stats;
  stats.set_pid(1);
  stats.set_url("tcp://127.0.0.1:10001");
  stats.mutable_incarnation()->set_start_us(1500000);
  stats.set_balanced(true);
  PeerStats* const peer = stats.add_peers();
  peer->set_pid(2);
  peer->set_url("tcp://127.0.0.1:10002");
  peer->set_state(PeerStats::SILENT);
  peer->set_reason("not heard for 2s");
  peer->mutable_ledger()->set_accepted(7);
  peer->set_round_trip_us(1500);
  return stats;
}

std::string Text(const Stats& stats) {
  return prometheus::TextSerializer().Serialize(MetricsOf(stats));
}

TEST(MetricsTest, HaveHelpAndTheNamesThatPrometheusWants) {
  std::set<std::string> names;
  for (const prometheus::MetricFamily& family : MetricsOf(Example())) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name << " twice";
    EXPECT_TRUE(absl::StartsWith(family.name, "raft_cluster_"));
    EXPECT_FALSE(family.help.empty()) << family.name;
    EXPECT_EQ(absl::EndsWith(family.name, "_total"),
              family.type == prometheus::MetricType::Counter)
        << family.name;
  }
  EXPECT_GE(names.size(), 30u);
}

TEST(MetricsTest, AreOfEachPeer) {
  Stats stats = Example();
  stats.add_peers()->set_pid(3);
  const std::string text = Text(stats);
  EXPECT_THAT(text, HasSubstr("\nraft_cluster_envelopes_accepted_total{server="
                              "\"1\",peer=\"2\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("\nraft_cluster_envelopes_accepted_total{server="
                              "\"1\",peer=\"3\"} 0\n"));
}

TEST(MetricsTest, AreInSecondsAndBytes) {
  const std::string text = Text(Example());
  EXPECT_THAT(text, HasSubstr("\nraft_cluster_round_trip_seconds{server=\"1\","
                              "peer=\"2\"} 0.0015"));
  EXPECT_THAT(text, HasSubstr("\nraft_cluster_start_time_seconds{server=\"1\"} "
                              "1.5"));
}

TEST(MetricsTest, SayTheStateAndItsReason) {
  const std::string text = Text(Example());
  EXPECT_THAT(text, HasSubstr("raft_cluster_peer_state{server=\"1\",peer=\"2\","
                              "state=\"silent\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("raft_cluster_peer_state{server=\"1\",peer=\"2\","
                              "state=\"up\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("raft_cluster_peer_trouble{server=\"1\",peer="
                              "\"2\",reason=\"not heard for 2s\"} 1\n"));
}

TEST(MetricsTest, EscapeWhatALabelMayNotHold) {
  Stats stats = Example();
  stats.mutable_peers(0)->set_reason("a\"b\\c\nraft_cluster_up 1\xff");
  const std::string text = Text(stats);
  EXPECT_THAT(text,
              HasSubstr("reason=\"a\\\"b\\\\c\\nraft_cluster_up 1?\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("\nraft_cluster_up")));
}

TEST(MetricsTest, CountRefusalsWithAndWithoutAPeer) {
  Stats stats = Example();
  Refusal* refusal = stats.add_refused_frames();
  refusal->set_reason(Refusal::UNKNOWN_PID);
  refusal->set_count(3);
  refusal = stats.mutable_peers(0)->add_refused_frames();
  refusal->set_reason(Refusal::STALE);
  refusal->set_count(4);
  const std::string text = Text(stats);
  EXPECT_THAT(text, HasSubstr("raft_cluster_frames_refused_total{server=\"1\","
                              "reason=\"unknown_pid\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("raft_cluster_frames_refused_total{server=\"1\","
                              "peer=\"2\",reason=\"stale\"} 4\n"));
}

TEST(MetricsTest, AddUpTheDelaysBelowEachBound) {
  Stats stats = Example();
  Histogram* const delay = stats.mutable_peers(0)->mutable_delay();
  delay->set_count(6);
  delay->set_sum_us(3000000);
  for (const auto& [up_to, count] :
       {std::pair<uint64_t, uint64_t>{63, 1}, {127, 2}, {2999999999, 3}}) {
    Histogram::Bucket* const bucket = delay->add_buckets();
    bucket->set_up_to_us(up_to);
    bucket->set_count(count);
  }
  const std::string text = Text(stats);
  const std::string name =
      "raft_cluster_taken_delay_seconds_bucket{server=\"1\",peer=\"2\",le=";
  EXPECT_THAT(text, HasSubstr(name + "\"6.4e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"0.000128\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"67.108864\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"+Inf\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("raft_cluster_taken_delay_seconds_sum{server="
                              "\"1\",peer=\"2\"} 3\n"));
}

}  // namespace
}  // namespace raft_cluster
