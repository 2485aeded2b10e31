// The load scenario with real processes: five servers over tcp send 100,000
// times in all, at random to one peer or to all, as fast as stdin takes it.
// Lines of their stdout are judged: each envelope once, in its sender's order,
// none missing.
#include <signal.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "cluster/received.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/history.h"
#include "testing/message.h"
#include "testing/programs/program_cluster.h"

namespace raft {
namespace {

using testing::IsEmpty;

constexpr int kServers = 5;
constexpr int kSends = 100000;
constexpr size_t kMaxMessageBytes = 200;
constexpr absl::Duration kLoadPatience = absl::Minutes(4);

// What the five have to send, and how many lines each will print.
struct Plan {
  std::array<std::string, kServers + 1> input;  // By pid.
  std::array<size_t, kServers + 1> expected{};
  std::vector<Pid> to = {0};  // By id.
};

Plan MakePlan(History& history, uint32_t seed) {
  std::mt19937 random(seed);
  Plan plan;
  std::vector<SenderLog*> logs = {nullptr};
  for (Pid pid = 1; pid <= kServers; ++pid) {
    logs.push_back(&history.AddSender({pid, 1}));
  }
  for (int i = 0; i < kSends; ++i) {
    const Pid from = 1 + i % kServers;
    const uint64_t id = history.NextId();
    const std::string msg = MakeMessage(id, 10 + random() % kMaxMessageBytes);
    const bool broadcast = random() % 2 == 0;
    // Any but the sender.
    Pid to = 1 + static_cast<Pid>(random() % (kServers - 1));
    if (to >= from) ++to;
    if (broadcast) {
      absl::StrAppend(&plan.input[from], msg, "\n");
      for (Pid pid = 1; pid <= kServers; ++pid) {
        plan.expected[pid] += pid != from;
      }
    } else {
      absl::StrAppend(&plan.input[from], to, ": ", msg, "\n");
      ++plan.expected[to];
    }
    plan.to.push_back(broadcast ? kBroadcast : to);
    logs[from]->Sent(plan.to.back(), id, msg, broadcast ? kServers - 1 : 1);
  }
  return plan;
}

// Writes down what "1 -> 2: #17 ..." says. A line does not tell a broadcast
// from an envelope to this server alone: the plan does.
void Log(const std::string& line, Pid pid, const Plan& plan, ReceiverLog& log) {
  const std::vector<std::string> parts =
      absl::StrSplit(line, absl::MaxSplits(": ", 1));
  ASSERT_EQ(parts.size(), 2u) << line;
  const std::vector<std::string> pids = absl::StrSplit(parts[0], " -> ");
  ASSERT_EQ(pids.size(), 2u) << line;
  Pid from = 0;
  ASSERT_TRUE(absl::SimpleAtoi(pids[0], &from)) << line;
  ASSERT_EQ(pids[1], absl::StrCat(pid));
  const auto id = MessageId(parts[1]);
  ASSERT_TRUE(id.has_value() && *id < plan.to.size()) << line;
  log.Took(from, plan.to[*id], *id, parts[1]);
}

TEST(Load, FiveProcessesLoseAndRepeatNothing) {
  History history;
  const Plan plan = MakePlan(history, /*seed=*/42);
  const ProgramCluster cluster(kServers);
  std::array<std::unique_ptr<Process>, kServers + 1> servers;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    servers[pid] = cluster.Start(pid, {"--message="});
  }
  std::vector<std::thread> writers;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    writers.emplace_back([&, pid] {
      EXPECT_TRUE(servers[pid]->Write(plan.input[pid], kLoadPatience));
    });
  }
  for (std::thread& writer : writers) writer.join();

  const absl::Time deadline = absl::Now() + kLoadPatience;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    while (servers[pid]->CountLines() < plan.expected[pid] &&
           absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  for (Pid pid = 1; pid <= kServers; ++pid) servers[pid]->Signal(SIGTERM);
  for (Pid pid = 1; pid <= kServers; ++pid) {
    EXPECT_EQ(servers[pid]->WaitForExit(kPatience), 0);
    EXPECT_THAT(servers[pid]->errors(),
                testing::Not(testing::HasSubstr("left for")));
    EXPECT_THAT(servers[pid]->errors(),
                testing::Not(testing::HasSubstr("not sent")));
    const std::vector<std::string> lines = servers[pid]->TakeLines();
    EXPECT_EQ(lines.size(), plan.expected[pid]);
    ReceiverLog& log = history.AddReceiver({pid, 1});
    for (const std::string& line : lines) Log(line, pid, plan, log);
  }
  const Verdict verdict = history.Judge();
  EXPECT_TRUE(verdict.ok()) << verdict;
  EXPECT_EQ(verdict.sent, size_t{kSends});
}

}  // namespace
}  // namespace raft
