#include "raft/cmd/bench/histogram.h"

#include <algorithm>
#include <cmath>

#include "raft/base/assert.h"

namespace raft_cluster::internal {

size_t Histogram::BucketOf(int64_t value) {
  int shift = 0;
  while ((value >> shift) >= 2 * kSteps) ++shift;
  return static_cast<size_t>(shift * kSteps + (value >> shift));
}

int64_t Histogram::LargestIn(size_t bucket) {
  const auto number = static_cast<int64_t>(bucket);
  if (number < 2 * kSteps) return number;
  const int64_t shift = number / kSteps - 1;
  const auto next = static_cast<uint64_t>(number - shift * kSteps + 1);
  return static_cast<int64_t>((next << shift) - 1);
}

void Histogram::Record(int64_t value) {
  value = std::max<int64_t>(value, 0);
  counts_[BucketOf(value)].fetch_add(1, std::memory_order_relaxed);
  int64_t max = max_.load(std::memory_order_relaxed);
  while (value > max &&
         !max_.compare_exchange_weak(max, value, std::memory_order_relaxed)) {
  }
}

void Histogram::Add(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) {
    counts_[i].fetch_add(other.counts_[i].load(std::memory_order_relaxed),
                         std::memory_order_relaxed);
  }
  max_.store(std::max(max(), other.max()), std::memory_order_relaxed);
}

uint64_t Histogram::count() const {
  uint64_t count = 0;
  for (const auto& bucket : counts_) {
    count += bucket.load(std::memory_order_relaxed);
  }
  return count;
}

int64_t Histogram::Quantile(double fraction) const {
  RAFT_ASSERT(fraction >= 0 && fraction <= 1);
  const auto wanted =
      static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count())));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i].load(std::memory_order_relaxed);
    if (seen > 0 && seen >= wanted) return std::min(LargestIn(i), max());
  }
  return 0;
}

}  // namespace raft_cluster::internal
