// Axes over ranges that measurements have, and over those that break divisions.

#include "raft/base/plot/axis.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;

std::vector<std::string> LabelsOf(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Axis::Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

TEST(Axis, HasRoundTicks) {
  EXPECT_THAT(LabelsOf(Axis(0, 10, false)),
              ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_THAT(LabelsOf(Axis(0, 4'700'000, false)),
              ElementsAre("0", "1M", "2M", "3M", "4M", "5M"));
  EXPECT_THAT(LabelsOf(Axis(0.1, 0.34, false)),
              ElementsAre("0.10", "0.15", "0.20", "0.25", "0.30", "0.35"));
}

TEST(Axis, HasPowersOfTenWhereItIsLogarithmic) {
  EXPECT_THAT(LabelsOf(Axis(1.5, 90'000, true)),
              ElementsAre("1", "10", "100", "1k", "10k", "100k"));
  EXPECT_THAT(LabelsOf(Axis(12, 70, true)),
              ElementsAre("10", "20", "50", "100"));
  EXPECT_THAT(LabelsOf(Axis(0.02, 0.4, true)),
              ElementsAre("0.02", "0.05", "0.1", "0.2", "0.5"));
}

TEST(Axis, PlacesWhatItShowsBetweenItsEnds) {
  for (const bool logarithmic : {false, true}) {
    for (const auto& [min, max] :
         std::vector<std::pair<double, double>>{{1, 2},
                                                {3, 3},
                                                {1, 1},
                                                {1e-9, 1e12},
                                                {0.999, 1.001},
                                                {99, 101},
                                                {5, 5.0000001}}) {
      const Axis axis(min, max, logarithmic);
      EXPECT_GE(axis.ticks().size(), 2u) << min << " " << max;
      EXPECT_LE(axis.ticks().size(), 12u) << min << " " << max;
      EXPECT_GE(axis.Place(min), -1e-6) << min << " " << max;
      EXPECT_LE(axis.Place(max), 1 + 1e-6) << min << " " << max;
      EXPECT_LE(axis.Place(min), axis.Place(max));
    }
  }
}

TEST(Axis, OfNothingButZeroIsAnAxis) {
  const Axis axis(0, 0, false);
  EXPECT_DOUBLE_EQ(axis.Place(0), 0.5);
}

}  // namespace
}  // namespace raft_cluster::internal
