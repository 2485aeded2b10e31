#include "raft/cluster/link/delay_histogram.h"

#include <algorithm>

namespace raft_cluster::internal {

size_t DelayHistogram::BucketOf(uint64_t delay_us) {
  if (delay_us < kSteps) return static_cast<size_t>(delay_us);
  // The highest bit says the power of two, the next kStepBits the step in it.
  const int shift = 63 - __builtin_clzll(delay_us) - kStepBits;
  return static_cast<size_t>(static_cast<uint64_t>(shift) * kSteps +
                             (delay_us >> shift));
}

uint64_t DelayHistogram::LargestIn(size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const uint64_t shift = bucket / kSteps - 1;
  return ((bucket % kSteps + kSteps + 1) << shift) - 1;
}

void DelayHistogram::Record(int64_t delay_us) {
  const uint64_t delay = std::min(
      static_cast<uint64_t>(std::max<int64_t>(delay_us, 0)), kMaxDelay);
  ++counts_[BucketOf(delay)];
  sum_ += delay;
}

void DelayHistogram::Fill(Histogram* histogram) const {
  uint64_t count = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    if (counts_[i] == 0) continue;
    Histogram::Bucket* const bucket = histogram->add_buckets();
    bucket->set_up_to_us(LargestIn(i));
    bucket->set_count(counts_[i]);
    count += counts_[i];
  }
  histogram->set_count(count);
  histogram->set_sum_us(sum_);
}

}  // namespace raft_cluster::internal
