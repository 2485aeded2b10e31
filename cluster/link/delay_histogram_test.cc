// Every delay is recorded, and looked for in the bucket that it has to be in.
#include "raft/cluster/link/delay_histogram.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

Histogram Of(int64_t delay_us) {
  DelayHistogram delays;
  delays.Record(delay_us);
  Histogram histogram;
  delays.Fill(&histogram);
  return histogram;
}

TEST(DelayHistogramTest, ABucketsBoundIsAtMostAQuarterAboveTheDelay) {
  for (int64_t delay = 0; delay < 3600000000; delay += 1 + delay / 7) {
    const Histogram histogram = Of(delay);
    ASSERT_EQ(histogram.buckets_size(), 1);
    const auto bound = static_cast<int64_t>(histogram.buckets(0).up_to_us());
    EXPECT_GE(bound, delay);
    EXPECT_LE(bound, delay + delay / 4) << delay;
  }
}

TEST(DelayHistogramTest, BoundsBelongToTheBucketThatTheyClose) {
  for (int64_t delay = 1; delay < 1800000000; delay += 1 + delay / 7) {
    const auto bound = static_cast<int64_t>(Of(delay).buckets(0).up_to_us());
    EXPECT_EQ(Of(bound).buckets(0).up_to_us(), static_cast<uint64_t>(bound));
    EXPECT_GT(Of(bound + 1).buckets(0).up_to_us(),
              static_cast<uint64_t>(bound));
  }
}

TEST(DelayHistogramTest, CountsAndSumsInOrder) {
  DelayHistogram delays;
  for (const int64_t delay : {1000, 3, 1000, 250000, 3}) delays.Record(delay);
  Histogram histogram;
  delays.Fill(&histogram);
  EXPECT_EQ(histogram.count(), 5u);
  EXPECT_EQ(histogram.sum_us(), 252006u);
  ASSERT_EQ(histogram.buckets_size(), 3);
  EXPECT_EQ(histogram.buckets(0).count(), 2u);
  EXPECT_EQ(histogram.buckets(0).up_to_us(), 3u);
  EXPECT_EQ(histogram.buckets(1).count(), 2u);
  EXPECT_EQ(histogram.buckets(2).count(), 1u);
}

TEST(DelayHistogramTest, TakesWhatNoClockShouldSay) {
  EXPECT_EQ(Of(-5).sum_us(), 0u);
  EXPECT_EQ(Of(INT64_MAX).sum_us(), 3600000000u);
}

}  // namespace
}  // namespace raft_cluster::internal
