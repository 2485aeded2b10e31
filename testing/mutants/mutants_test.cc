// Each mutant of the link, until the checker of histories misses the rule: in
// the simulator, which must find all of them, and over sockets.
#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "raft/testing/mutants/link_mutants.h"
#include "raft/testing/mutants/mutant.h"
#include "raft/testing/mutants/trial.h"
#include "raft/testing/mutants/wires.h"

namespace raft_cluster::internal {
namespace {

class SimulatorTest : public testing::TestWithParam<Mutant> {};

TEST_P(SimulatorTest, FindsTheMutant) {
  const Trial trial = Try(GetParam().name, /*seeds=*/1000);
  EXPECT_TRUE(trial.found) << "nobody misses: " << GetParam().rule;
}

INSTANTIATE_TEST_SUITE_P(Link, SimulatorTest, testing::ValuesIn(kLinkMutants),
                         [](const testing::TestParamInfo<Mutant>& info) {
                           return std::string(info.param.name);
                         });

class WiresTest : public testing::TestWithParam<absl::string_view> {};

TEST_P(WiresTest, FindTheMutant) {
  ASSERT_TRUE(std::any_of(
      std::begin(kLinkMutants), std::end(kLinkMutants),
      [](const Mutant& mutant) { return mutant.name == GetParam(); }))
      << "there is no such patch";
  const Trial trial = TryOnWires(GetParam(), /*attempts=*/20);
  EXPECT_TRUE(trial.found) << "nobody misses it";
}

INSTANTIATE_TEST_SUITE_P(
    Link, WiresTest, testing::ValuesIn(kMutantsOnWires),
    [](const testing::TestParamInfo<absl::string_view>& info) {
      return std::string(info.param);
    });

// The same build with nothing taken out: it is the mutants that are found.
TEST(NoMutantTest, IsNotFound) {
  const Trial trial = Try("", /*seeds=*/4);
  EXPECT_FALSE(trial.found) << trial.why;
  const Trial on_wires = TryOnWires("", /*attempts=*/2);
  EXPECT_FALSE(on_wires.found) << on_wires.why;
}

}  // namespace
}  // namespace raft_cluster::internal
