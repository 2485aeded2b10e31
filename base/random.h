// A stream of random numbers, the same on every machine for the same seed
// (unlike the distributions of <random>). Not for secrets.
//
//   SplitMix64 random(seed);
//   const int64_t jitter = random.Between(-10, 10);
//
// Thread rule: none of its own.
#ifndef RAFT_BASE_RANDOM_H_
#define RAFT_BASE_RANDOM_H_

#include <cstdint>

#include "raft/base/assert.h"

namespace raft_cluster::internal {

// By Steele, Lea and Flood: "Fast splittable pseudorandom number generators",
// OOPSLA 2014.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // In [0, bound). REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) {
    RAFT_ASSERT(bound > 0);
    return Next() % bound;
  }
  // In [low, high]. REQUIRES: low <= high, and not all numbers there are.
  int64_t Between(int64_t low, int64_t high) {
    return low +
           static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  // True with this probability.
  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11) * 0x1p-53 < probability;
  }

 private:
  uint64_t state_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_RANDOM_H_
