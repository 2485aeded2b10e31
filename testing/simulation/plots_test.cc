// Which pictures come of which results.

#include "raft/testing/simulation/plots.h"

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;
using testing::Pair;

SimulationResult Of(int simulated_seconds, uint64_t frames) {
  SimulationResult result;
  result.simulated = absl::Seconds(simulated_seconds);
  result.network.frames = frames;
  result.taken = 10;
  return result;
}

TEST(SimulationPlots, HaveThePercentilesAndTheSpeed) {
  SimulationPlots plots;
  plots.Add(5, absl::Seconds(1), Of(40, 100));
  plots.Add(5, absl::Seconds(4), Of(60, 100));
  plots.Add(5, absl::Seconds(2), Of(31, 100));
  plots.Add(5, absl::Milliseconds(1500), Of(35, 100));
  const std::vector<Plot> made = plots.Make();
  ASSERT_EQ(made.size(), 2u);
  // Faults happen for 30 s.
  EXPECT_EQ(made[0].series[0].points.front(), std::make_pair(0., 1.));
  EXPECT_EQ(made[0].series[0].points.back(), std::make_pair(100., 30.));
  EXPECT_THAT(made[1].series[0].points,
              ElementsAre(Pair(1, 40), Pair(2, 66), Pair(3, 0), Pair(4, 60)));
}

TEST(SimulationPlots, HaveTheGrowthOfSeveralNumbers) {
  SimulationPlots plots;
  plots.Add(3, absl::ZeroDuration(), Of(31, 50));
  plots.Add(5, absl::ZeroDuration(), Of(31, 200));
  const std::vector<Plot> made = plots.Make();
  ASSERT_EQ(made.size(), 3u);
  EXPECT_THAT(made[2].series[0].points, ElementsAre(Pair(3, 5), Pair(5, 20)));
}

}  // namespace
}  // namespace raft_cluster::internal
