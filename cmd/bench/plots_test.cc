// Which pictures come of which measurements.

#include "raft/cmd/bench/plots.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;
using testing::IsNan;
using testing::Pair;

Plan TwoContenders() {
  Plan plan;
  plan.mode_name = "mesh";
  plan.contenders.resize(2);
  plan.contenders[0].name = "one";
  plan.contenders[1].name = "two";
  return plan;
}

Sample Of(double rate) {
  Sample sample;
  sample.messages_per_second = rate;
  return sample;
}

TEST(Plots, HaveTheRateOfEachContenderOverTime) {
  Plots plots(TwoContenders());
  plots.BeginRound(0);
  plots.AddRate(0, 0.2, 100);
  plots.BeginRound(1);
  plots.AddRate(1, 0.4, 50);
  plots.BeginRound(0);
  plots.AddRate(0, 0.6, 120);
  plots.AddSamples({{Of(100)}, {Of(50)}});
  const std::vector<Plot> made = plots.Make();
  ASSERT_EQ(made.size(), 1u);
  EXPECT_THAT(made[0].series[0].points,
              ElementsAre(Pair(0.2, 100), Pair(0.2, IsNan()), Pair(0.6, 120)));
  EXPECT_THAT(made[0].series[1].points, ElementsAre(Pair(0.4, 50)));
}

TEST(Plots, HaveTheMedianOfEachQuantileWhereThereAreLatencies) {
  Plots plots(TwoContenders());
  std::vector<Sample> rounds(3);
  for (size_t i = 0; i < rounds.size(); ++i) {
    const double ns = 1000. * static_cast<double>(i + 1);
    rounds[i].quantiles = {{0.5, ns}, {0.75, 2 * ns}};
  }
  plots.AddSamples({rounds, rounds});
  const std::vector<Plot> made = plots.Make();
  ASSERT_EQ(made.size(), 2u);
  EXPECT_THAT(made[1].series[1].points, ElementsAre(Pair(2, 2), Pair(4, 4)));
}

TEST(Plots, HaveTheGrowthInOrderOfTheServers) {
  Plots plots(TwoContenders());
  plots.AddGrowth(5, {{Of(9)}, {Of(8)}});
  EXPECT_EQ(plots.Make().size(), 1u) << "one number does not grow";
  plots.AddGrowth(2, {{Of(1), Of(4), Of(2)}, {Of(3)}});
  const std::vector<Plot> made = plots.Make();
  ASSERT_EQ(made.size(), 2u);
  EXPECT_THAT(made[1].series[0].points, ElementsAre(Pair(2, 2), Pair(5, 9)));
  EXPECT_THAT(made[1].series[1].points, ElementsAre(Pair(2, 3), Pair(5, 8)));
}

}  // namespace
}  // namespace raft_cluster::internal
