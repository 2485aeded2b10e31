// How long it takes from an envelope's being accepted until it is known to have
// been taken: how often each delay occurred, to within a quarter, in constant
// memory, and of which envelopes it is measured.
//
//   DelayWatch delays;
//   delays.OnAppended(queue.end(), now);
//   delays.OnTaken(queue.head(), later);
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_DELAY_HISTOGRAM_H_
#define RAFT_CLUSTER_LINK_DELAY_HISTOGRAM_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "raft/base/clock.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

class DelayHistogram {
 public:
  // Negative delays count as 0, those above an hour as an hour.
  void Record(int64_t delay_us);
  // Buckets that are not empty, from the shortest delay on.
  void Fill(Histogram* histogram) const;

 private:
  // Below kSteps microseconds each value has a bucket of its own; above, each
  // power of two is divided into kSteps.
  static constexpr int kStepBits = 2;
  static constexpr uint64_t kSteps = uint64_t{1} << kStepBits;
  static constexpr uint64_t kMaxDelay = 3600000000;
  static constexpr size_t kBuckets = (32 - kStepBits + 1) * kSteps;

  static size_t BucketOf(uint64_t delay_us);
  static uint64_t LargestIn(size_t bucket);

  std::array<uint64_t, kBuckets> counts_ = {};
  uint64_t sum_ = 0;
};

// Watches one envelope at a time, so that it costs each of the others only a
// look whether one is watched.
class DelayWatch {
 public:
  // One was appended to the queue, and ends with this number there.
  void OnAppended(uint64_t number, Micros now) {
    if (number_ != 0) return;
    number_ = number;
    since_ = now;
  }
  // All up to this number are known to have been taken.
  void OnTaken(uint64_t number, Micros now) {
    if (number_ == 0 || number < number_) return;
    delays_.Record(now - since_);
    number_ = 0;
  }
  // What was watched may have gone another way.
  void Forget() { number_ = 0; }
  const DelayHistogram& delays() const { return delays_; }

 private:
  DelayHistogram delays_;
  uint64_t number_ = 0;  // 0: none is watched.
  Micros since_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_DELAY_HISTOGRAM_H_
