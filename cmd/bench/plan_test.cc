#include "raft/cmd/bench/plan.h"

#include <string>
#include <vector>

#include "absl/flags/reflection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cmd/flags.h"

namespace raft_cluster::internal {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class PlanTest : public testing::Test {
 protected:
  static absl::StatusOr<Plan> Read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(&argument[0]);
    const auto line = ParseFlags(static_cast<int>(argv.size()), argv.data());
    if (!line.ok()) return line.status();
    return MakePlan();
  }

 private:
  absl::FlagSaver saver_;  // Undoes what a test sets.
};

TEST_F(PlanTest, WithoutFlagsItIsAStreamOverTcpInTwoProcesses) {
  const auto plan = Read({});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->mode, Plan::Mode::kStream);
  EXPECT_EQ(plan->servers, 2);
  ASSERT_THAT(plan->contenders, SizeIs(1));
  EXPECT_EQ(plan->contenders[0].name, "raft tcp");
  EXPECT_FALSE(plan->contenders[0].one_process);
  EXPECT_TRUE(plan->Sends(1));
  EXPECT_FALSE(plan->Sends(2));
  EXPECT_FALSE(plan->Receives(1));
  EXPECT_TRUE(plan->Receives(2));
  EXPECT_EQ(plan->Describe(), "stream, 64 B, 2 servers, 5 rounds of 1s");
}

TEST_F(PlanTest, AMeshIsOfFiveServersInOneProcess) {
  const auto plan = Read({"--mode=mesh", "--baseline=zmq", "--one_core"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->servers, 5);
  EXPECT_TRUE(plan->one_core);
  ASSERT_THAT(plan->contenders, SizeIs(2));
  EXPECT_TRUE(plan->contenders[0].one_process);
  EXPECT_EQ(plan->contenders[1].name, "zmq tcp");
  EXPECT_TRUE(plan->Sends(5) && plan->Receives(1));
}

TEST_F(PlanTest, TheBaselineMayTakeAnotherTransport) {
  const auto plan = Read({"--transport=loopback", "--baseline=zmq"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->contenders[1].name, "zmq inproc");
  EXPECT_TRUE(plan->contenders[1].one_process);
  const auto other = Read({"--baseline_transport=tcp"});
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->contenders[0].name, "raft loopback");
  EXPECT_EQ(other->contenders[1].name, "zmq tcp");
  EXPECT_FALSE(other->contenders[1].one_process);
}

TEST_F(PlanTest, SeveralCarriersTakeTurnsWithSeveralBaselines) {
  const auto plan =
      Read({"--transport=ipc,tcp,loopback", "--baseline=zmq,socket"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::vector<std::string> names;
  std::vector<std::string> baselines;
  for (const Plan::Contender& contender : plan->contenders) {
    (contender.baseline() ? baselines : names).push_back(contender.name);
  }
  EXPECT_THAT(names, ElementsAre("raft ipc", "raft tcp", "raft loopback"));
  // Like the first.
  EXPECT_THAT(baselines, ElementsAre("zmq ipc", "socket tcp"));
}

TEST_F(PlanTest, NamesTheCarriersThereAre) {
  const auto plan = Read({"--transport=tcp,pigeon"});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(plan.status().message(),
              AllOf(HasSubstr("no carrier \"pigeon\""), HasSubstr("\"ipc\""),
                    HasSubstr("\"tcp\"")));
}

TEST_F(PlanTest, ATableSaysThatItsServersSpin) {
  const auto plan = Read({"--spin=50us"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->spin, absl::Microseconds(50));
  EXPECT_THAT(plan->Describe(), HasSubstr(", spinning for 50us, "));
}

TEST_F(PlanTest, ARateNeedsRoomForTheTime) {
  ASSERT_TRUE(Read({"--rate=1000", "--size=8"}).ok());
  EXPECT_THAT(Read({"--size=7"}).status().message(), HasSubstr("--size=8"));
  EXPECT_TRUE(Read({"--mode=pingpong"}).ok());
}

struct Mistake {
  std::vector<std::string> arguments;
  std::string said;
};

class PlanMistakeTest : public PlanTest,
                        public testing::WithParamInterface<Mistake> {};

TEST_P(PlanMistakeTest, IsNamed) {
  const auto plan = Read(GetParam().arguments);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(plan.status().message(), HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Plan, PlanMistakeTest,
    testing::Values(
        Mistake{{"--mode=storm"}, "--mode is one of \"stream\""},
        Mistake{{"--transport=udp"}, "no carrier \"udp\""},
        Mistake{{"--transport="}, "--transport"},
        Mistake{{"--transport=tcp,ipc,tcp"}, "raft tcp is named twice"},
        Mistake{{"--baseline=zmq,zmq"}, "zmq tcp is named twice"},
        Mistake{{"--baseline=tcp"}, "--baseline is"},
        Mistake{{"--baseline_transport=udp"}, "--baseline_transport is"},
        Mistake{{"--format=xml"}, "--format is"},
        Mistake{{"--servers=3"}, "--servers is from 2 to 2, not 3"},
        Mistake{{"--mode=mesh", "--servers=65"}, "--servers is from 2 to 64"},
        Mistake{{"--size=-1"}, "--size is from 0 to 16777216, not -1"},
        Mistake{{"--seconds=nan"}, "--seconds is"},
        Mistake{{"--seconds=0"}, "--seconds is"},
        Mistake{{"--rounds=0"}, "--rounds is"},
        Mistake{{"--senders=0"}, "--senders is"},
        Mistake{{"--budget_mib=0"}, "--budget_mib is from 1 to"},
        Mistake{{"--size=1048576", "--budget_mib=1"},
                "--budget_mib is from 2 to"},
        Mistake{{"--send_batch=0"}, "--send_batch is from 1 to 1024"},
        Mistake{{"--rate=100", "--send_batch=2"},
                "--send_batch is from 1 to 1"},
        Mistake{{"--mode=pingpong", "--senders=2"}, "--senders is from 1 to 1"},
        Mistake{{"--keys", "--transport=tcp,ipc"}, "--keys: ipc:// knows none"},
        Mistake{{"--spin=11ms"}, "--spin is from 0 to 10ms, not 11ms"},
        Mistake{{"--spin=-1us"}, "--spin is"},
        Mistake{{"--rate=-1"}, "--rate is"}));

}  // namespace
}  // namespace raft_cluster::internal
