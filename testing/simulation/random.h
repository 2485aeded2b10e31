// One stream of random numbers, the same on every machine for the same seed
// (unlike the distributions of <random>).
//
// Thread rule: none of its own.
#ifndef RAFT_TESTING_SIMULATION_RANDOM_H_
#define RAFT_TESTING_SIMULATION_RANDOM_H_

#include <cstdint>

namespace raft_cluster::internal {

class SimRandom {
 public:
  explicit SimRandom(uint64_t seed) : state_(seed) {}

  uint64_t Next() {  // SplitMix64, by Steele, Lea and Flood.
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // In [0, bound). REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  // In [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low +
           static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11) * 0x1p-53 < probability;
  }

 private:
  uint64_t state_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_SIMULATION_RANDOM_H_
