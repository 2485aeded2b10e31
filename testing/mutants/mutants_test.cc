#include "gtest/gtest.h"
#include "raft/testing/mutants/trial.h"
#include "raft/testing/mutants/wires.h"

namespace raft_cluster::internal {
namespace {

class Mutants : public testing::TestWithParam<MutantName> {};

TEST_P(Mutants, AreFoundByTheSimulator) {
  const Trial trial = Try(GetParam().mutant, /*seeds=*/1000);
  EXPECT_TRUE(trial.found) << "nobody misses " << GetParam().text;
}

TEST_P(Mutants, AreFoundOverSocketsWhereTheyCanBe) {
  if (!GetParam().on_wires) return;
  const Trial trial = TryOnWires(GetParam().mutant, /*attempts=*/20);
  EXPECT_TRUE(trial.found) << "nobody misses " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(All, Mutants, testing::ValuesIn(AllMutants()),
                         [](const auto& info) {
                           return std::to_string(info.index + 1);
                         });

// The same build with nothing taken out: it is the mutants that are found.
TEST(NoMutant, IsNotFound) {
  const Trial trial = Try(Mutant::kNone, /*seeds=*/4);
  EXPECT_FALSE(trial.found) << trial.why;
  const Trial on_wires = TryOnWires(Mutant::kNone, /*attempts=*/2);
  EXPECT_FALSE(on_wires.found) << on_wires.why;
}

}  // namespace
}  // namespace raft_cluster::internal
