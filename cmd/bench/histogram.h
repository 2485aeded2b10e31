// How often each value occurred, to within 3 %, in constant memory.
//
//   Histogram latency;
//   latency.Record(1200);
//   latency.Quantile(0.99);
//
// Thread rule: any thread; and any process, where it is in shared memory. Sums
// and quantiles are of what was recorded before.
#ifndef RAFT_CMD_BENCH_HISTOGRAM_H_
#define RAFT_CMD_BENCH_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace raft_cluster::internal {

class Histogram {
 public:
  // Negative values count as 0.
  void Record(int64_t value);
  void Add(const Histogram& other);

  uint64_t count() const;
  int64_t max() const { return max_.load(std::memory_order_relaxed); }
  // The smallest value that `fraction` of all values do not exceed, at most 3 %
  // too large; 0 if there are none. REQUIRES: 0 <= fraction <= 1.
  int64_t Quantile(double fraction) const;

 private:
  // Below 2 * kSteps each value has a bucket of its own; above, each power of
  // two is divided into kSteps.
  static constexpr int kStepBits = 5;
  static constexpr int64_t kSteps = 1 << kStepBits;
  static constexpr size_t kBuckets = (64 - kStepBits) * kSteps;

  static size_t BucketOf(int64_t value);
  static int64_t LargestIn(size_t bucket);

  std::array<std::atomic<uint64_t>, kBuckets> counts_ = {};
  std::atomic<int64_t> max_{0};
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_HISTOGRAM_H_
