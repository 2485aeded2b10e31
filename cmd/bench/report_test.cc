#include "raft/cmd/bench/report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

Plan StreamPlan(int rounds, bool with_baseline) {
  Plan plan;
  plan.mode_name = "stream";
  plan.size_bytes = 100;
  plan.duration = absl::Seconds(2);
  plan.rounds = rounds;
  plan.contenders.resize(with_baseline ? 2 : 1);
  plan.contenders[0].name = "raft tcp";
  if (with_baseline) {
    plan.contenders[1].name = "zmq tcp";
    plan.contenders[1].system = Plan::Contender::System::kZmq;
  }
  return plan;
}

Sample NewSample(double messages_per_second) {
  Sample sample;
  sample.messages_per_second = messages_per_second;
  sample.cpu_ns_per_message = 150;
  sample.peak_bytes = 3 << 20;
  return sample;
}

TEST(ReportTest, NumbersHaveCommas) {
  EXPECT_EQ(ShowNumber(0, 0), "0");
  EXPECT_EQ(ShowNumber(999, 0), "999");
  EXPECT_EQ(ShowNumber(1000, 0), "1,000");
  EXPECT_EQ(ShowNumber(1234567.89, 1), "1,234,567.9");
  EXPECT_EQ(ShowNumber(-123456, 0), "-123,456");
  EXPECT_EQ(ShowNumber(-123, 0), "-123");
}

TEST(ReportTest, ATableHasTheMedianOfTheRounds) {
  const std::string table =
      ShowTable(StreamPlan(3, false),
                {{NewSample(5000000), NewSample(1000000), NewSample(3000000)}});
  EXPECT_THAT(table, HasSubstr("stream, 100 B, 2 servers, 3 rounds of 2s\n"));
  EXPECT_THAT(table, HasSubstr("messages/s                3,000,000   "
                               "(1,000,000..5,000,000)\n"));
  EXPECT_THAT(table, HasSubstr("MB/s                          300.0"));
  EXPECT_THAT(table, HasSubstr("peak memory, MiB                3.0"));
  EXPECT_THAT(table, Not(HasSubstr("latency")));
  EXPECT_THAT(table, Not(HasSubstr(" x ")));
}

TEST(ReportTest, TheMedianOfTwoRoundsIsBetweenThem) {
  EXPECT_THAT(ShowTable(StreamPlan(2, false), {{NewSample(1), NewSample(4)}}),
              HasSubstr("2   (1..4)\n"));
}

// The machine was slow in the second round, and the ratio does not show it.
TEST(ReportTest, RatiosAreTakenRoundByRound) {
  const Samples samples = {
      {NewSample(4000000), NewSample(400000), NewSample(900000)},
      {NewSample(2000000), NewSample(200000), NewSample(300000)}};
  EXPECT_THAT(ShowTable(StreamPlan(3, true), samples),
              HasSubstr("    900,000        300,000    2.00x   (2.00..3.00)"));
  EXPECT_THAT(ShowJson(StreamPlan(3, true), samples),
              HasSubstr("\"messages_per_second\": {\"median\": 2, "
                        "\"min\": 2, \"max\": 3}"));
}

TEST(ReportTest, EachOfOursHasATableWithARatioToEachBaseline) {
  Plan plan = StreamPlan(1, true);
  plan.contenders.insert(plan.contenders.begin() + 1, Plan::Contender());
  plan.contenders[1].name = "raft ipc";
  plan.contenders.emplace_back();
  plan.contenders[3].name = "socket tcp";
  plan.contenders[3].system = Plan::Contender::System::kSocket;
  const Samples samples = {
      {NewSample(400)}, {NewSample(600)}, {NewSample(200)}, {NewSample(1200)}};
  const std::string table = ShowTable(plan, samples);
  EXPECT_THAT(
      table,
      HasSubstr("       raft tcp        zmq tcp     socket tcp    x zmq x "
                "socket\n"
                "messages/s                      400            200          "
                "1,200    2.00x    0.33x\n"));
  EXPECT_THAT(
      table,
      HasSubstr("       raft ipc        zmq tcp     socket tcp    x zmq x "
                "socket\n"
                "messages/s                      600            200          "
                "1,200    3.00x    0.50x\n"));
  const std::string json = ShowJson(plan, samples);
  EXPECT_THAT(json, HasSubstr("{\"of\": \"raft ipc\", \"to\": \"socket "
                              "tcp\",\n     \"messages_per_second\": "
                              "{\"median\": 0.5, "));
}

TEST(ReportTest, LatenciesAreShownWhereTheyWereMeasured) {
  Sample sample = NewSample(1000);
  sample.latency = {10, 1000, 2000, 3000, 4000, 5500};
  Sample other = sample;
  other.latency.max_ns = 7500;
  const std::string table = ShowTable(StreamPlan(2, false), {{sample, other}});
  EXPECT_THAT(table, HasSubstr("latency us, p50                 1.0"));
  EXPECT_THAT(table, HasSubstr("latency us, max                 7.5"))
      << "the largest, not the median";
}

TEST(ReportTest, JsonSaysWhatWasMeasuredAndHow) {
  const std::string json =
      ShowJson(StreamPlan(1, false), {{NewSample(5000000)}});
  EXPECT_EQ(
      json,
      "{\"mode\": \"stream\", \"servers\": 2, \"size\": 100, \"senders\": 1,\n"
      " \"rate\": 0, \"seconds\": 2, \"rounds\": 1,\n"
      " \"one_core\": false, \"batch\": true, \"spin_us\": 0,\n"
      " \"contenders\": [\n"
      "    {\"name\": \"raft tcp\",\n"
      "     \"messages_per_second\": {\"median\": 5000000, "
      "\"min\": 5000000, \"max\": 5000000},\n"
      "     \"megabytes_per_second\": {\"median\": 500, "
      "\"min\": 500, \"max\": 500},\n"
      "     \"cpu_ns_per_message\": {\"median\": 150, "
      "\"min\": 150, \"max\": 150},\n"
      "     \"peak_mib\": {\"median\": 3, "
      "\"min\": 3, \"max\": 3}}]}\n");
}

}  // namespace
}  // namespace raft_cluster::internal
