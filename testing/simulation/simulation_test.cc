#include "raft/testing/simulation/simulation.h"

#include <sstream>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kSeeds = 8;

SimulationResult RunSeed(uint64_t seed, std::ostream* trace = nullptr) {
  SimulationOptions options;
  options.seed = seed;
  options.fault_time = absl::Seconds(5);
  options.draw_options = true;
  options.twins = true;
  options.weights.reload = 2;
  options.trace = trace;
  return RunSimulation(options);
}

// Some seeds at random would do for luck; these are the first, so that a
// failure is everybody's.
TEST(SimulationTest, KeepsTheContractWhateverGoesWrong) {
  SimulationResult total;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SimulationResult result = RunSeed(seed);
    ASSERT_TRUE(result.status.ok()) << result.status;
    total.taken += result.taken;
    total.network.lost += result.network.lost;
    total.network.doubled += result.network.doubled;
    total.crashes += result.crashes;
    total.pauses += result.pauses;
    total.reloads += result.reloads;
  }
  // Something did go wrong, and much went through all the same.
  EXPECT_GT(total.taken, 1000u);
  EXPECT_GT(total.network.lost, 100u);
  EXPECT_GT(total.network.doubled, 0u);
  EXPECT_GT(total.crashes, 0u);
  EXPECT_GT(total.pauses, 0u);
  EXPECT_GT(total.reloads, 0u);
}

// What differs would show in the hash of all that was seen.
TEST(SimulationTest, OneSeedIsOneRun) {
  std::ostringstream first, second;
  const SimulationResult a = RunSeed(7, &first);
  const SimulationResult b = RunSeed(7, &second);
  EXPECT_EQ(a.trace_hash, b.trace_hash);
  EXPECT_EQ(first.str(), second.str());
  EXPECT_NE(a.trace_hash, RunSeed(8).trace_hash);
}

}  // namespace
}  // namespace raft_cluster::internal
