#include "raft/cmd/bench/histogram.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

TEST(HistogramTest, AnEmptyOneHasNoValues) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram histogram;
  for (int64_t value = 1; value <= 60; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.count(), 60u);
  EXPECT_EQ(histogram.Quantile(0), 1);
  EXPECT_EQ(histogram.Quantile(0.5), 30);
  EXPECT_EQ(histogram.Quantile(0.9), 54);
  EXPECT_EQ(histogram.Quantile(1), 60);
}

TEST(HistogramTest, EveryValueIsFoundWithinThreePercent) {
  for (int64_t value = 1; value > 0 && value < INT64_MAX / 3; value *= 3) {
    for (int64_t near : {value - 1, value, value + 1}) {
      Histogram histogram;
      histogram.Record(near);
      histogram.Record(INT64_MAX);
      EXPECT_GE(histogram.Quantile(0.5), near);
      EXPECT_LE(histogram.Quantile(0.5), near + near / 32);
    }
  }
}

TEST(HistogramTest, TheMaximumIsExact) {
  Histogram histogram;
  histogram.Record(1234567);
  histogram.Record(7);
  EXPECT_EQ(histogram.max(), 1234567);
  EXPECT_EQ(histogram.Quantile(1), 1234567);
  histogram.Record(INT64_MAX);
  EXPECT_EQ(histogram.Quantile(1), INT64_MAX);
}

TEST(HistogramTest, NegativeValuesCountAsZero) {
  Histogram histogram;
  histogram.Record(-5);
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.Quantile(1), 0);
}

TEST(HistogramTest, AddsUp) {
  Histogram a, b;
  for (int i = 0; i < 90; ++i) a.Record(10);
  for (int i = 0; i < 10; ++i) b.Record(50);
  a.Add(b);
  EXPECT_EQ(a.count(), 100u);
  EXPECT_EQ(a.Quantile(0.9), 10);
  EXPECT_EQ(a.Quantile(0.91), 50);
  EXPECT_EQ(a.max(), 50);
}

}  // namespace
}  // namespace raft_cluster::internal
