// What an envelope may cost between two servers, in calls of the allocator, in
// bytes of it and in looks at the clock: what does not depend on the machine's
// speed. One of these for each envelope, or a copy, where there is none today,
// is red here.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/engine/testing_pumps.h"

namespace {

uint64_t calls = 0;
uint64_t bytes = 0;

}  // namespace

void* operator new(size_t size) {
  ++calls;
  bytes += size;
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace raft_cluster::internal {
namespace {

struct Cost {
  double calls = 0;
  double bytes = 0;
};

// Of an envelope of `size` bytes, `burst` of which are sent before any is
// taken.
Cost CostOf(size_t size, int burst) {
  constexpr int kRounds = 8;
  constexpr uint64_t kBudget = 64 << 20;
  SteppedPumps pumps(kBudget, kBudget / 4);
  pumps.Pass(1000000, {1, 2});
  const std::string msg(size, 'x');
  uint64_t calls_before = 0;
  uint64_t bytes_before = 0;
  int taken = 0;
  for (int round = -kRounds; round < kRounds; ++round) {
    if (round == 0) {  // By now all memory that stays is there.
      calls_before = calls;
      bytes_before = bytes;
      taken = 0;
    }
    for (int i = 0; i < burst; ++i) {
      EXPECT_TRUE(pumps[1]
                      .Send(2, MakeOutgoing(msg, 1, /*broadcast=*/false),
                            absl::ZeroDuration())
                      .ok());
    }
    pumps.Pass(200000, {1, 2});
    while (pumps[2]
               .Receive(absl::ZeroDuration(), 1000, [&](Delivery) { ++taken; })
               .ok()) {
    }
    pumps.Pass(200000, {1, 2});
  }
  EXPECT_EQ(taken, kRounds * burst);
  Cost cost;
  cost.calls = static_cast<double>(calls - calls_before) / taken;
  cost.bytes = static_cast<double>(bytes - bytes_before) / taken;
  std::cout << size << " bytes: " << cost.calls << " allocations, "
            << cost.bytes << " bytes" << std::endl;
  return cost;
}

TEST(Cost, OfASmallEnvelopeIsNoAllocationOfItsOwn) {
  const Cost cost = CostOf(64, 5000);
  EXPECT_LT(cost.calls, 0.1);
  EXPECT_LT(cost.bytes, 120);
}

TEST(Cost, OfAnEnvelopeOfAKibibyteIsNoAllocationOfItsOwn) {
  const Cost cost = CostOf(1024, 1000);
  EXPECT_LT(cost.calls, 0.5);
  EXPECT_LT(cost.bytes, 1500);
}

TEST(Cost, OfASmallEnvelopeIsHardlyALookAtTheClock) {
  constexpr int kBurst = 5000;
  SteppedPumps pumps(/*budget_bytes=*/64 << 20, /*max_envelope_bytes=*/1000);
  pumps.Pass(1000000, {1, 2});
  const Outgoing envelope =
      MakeOutgoing("hello there", /*id=*/1, /*broadcast=*/false);
  uint64_t before = pumps.looks;
  for (int i = 0; i < kBurst; ++i) {
    ASSERT_TRUE(pumps[1].Send(2, envelope, absl::ZeroDuration()).ok());
  }
  EXPECT_LT(pumps.looks - before, kBurst / 5);
  pumps.Pass(200000, {1, 2});
  before = pumps.looks;
  for (int i = 0; i < kBurst; ++i) {
    ASSERT_TRUE(
        pumps[2]
            .Receive(absl::InfiniteDuration(), /*limit=*/1, [](Delivery&&) {})
            .ok());
  }
  EXPECT_LT(pumps.looks - before, kBurst / 20);
}

// What one server does between an envelope that comes and its answer: the clock
// is looked at by Receive(), by the turn that finds it, and by Send().
TEST(Cost, OfHalfARoundTripIsThreeLooksAtTheClock) {
  SteppedPumps pumps(/*budget_bytes=*/64 << 20, /*max_envelope_bytes=*/1000);
  pumps.Pass(1000000, {1, 2});
  const Outgoing envelope =
      MakeOutgoing("hello there", /*id=*/1, /*broadcast=*/false);
  constexpr int kHalves = 1000;
  const uint64_t before = pumps.looks;
  for (int half = 0; half < kHalves; ++half) {
    const Pid from = half % 2 + 1;
    ASSERT_TRUE(
        pumps[from].Send(3 - from, envelope, absl::ZeroDuration()).ok());
    ASSERT_TRUE(pumps[3 - from]
                    .Receive(absl::Seconds(10), /*limit=*/1, [](Delivery&&) {})
                    .ok());
    pumps.now += 20;
  }
  const double looks = static_cast<double>(pumps.looks - before) / kHalves;
  std::cout << looks << " looks" << std::endl;
  EXPECT_LT(looks, 3.2);
}

// As many of them as of calls for one.
TEST(Cost, OfASmallEnvelopeInABatchIsNoAllocationOfItsOwn) {
  constexpr int kBurst = 64;
  constexpr int kRounds = 80;
  SteppedPumps pumps(/*budget_bytes=*/64 << 20, /*max_envelope_bytes=*/1000);
  pumps.Pass(1000000, {1, 2});
  std::vector<Pump::Addressed> batch(kBurst);
  for (Pump::Addressed& next : batch) {
    next = {2, MakeOutgoing("hello there", /*id=*/1, /*broadcast=*/false)};
  }
  uint64_t calls_before = 0;
  uint64_t looks_before = 0;
  for (int round = -kRounds; round < kRounds; ++round) {
    if (round == 0) {
      calls_before = calls;
      looks_before = pumps.looks;
    }
    Pump::Patience patience{absl::Seconds(1)};
    const Acceptances sent = pumps[1].SendMany(batch, &patience);
    ASSERT_TRUE(sent.status.ok());
    ASSERT_EQ(sent.envelopes, batch.size());
    if (round == -1) pumps.Pass(200000, {1, 2});
  }
  EXPECT_LT(static_cast<double>(calls - calls_before) / kRounds, 5);
  EXPECT_LT(pumps.looks - looks_before, kRounds * kBurst / 5);
  pumps.Pass(200000, {1, 2});
  size_t taken = 0;
  size_t pins = 0;
  calls_before = calls;
  while (pumps[2]
             .Receive(
                 absl::ZeroDuration(), 256,
                 [&](Delivery&& got) {
                   ++taken;
                   pins += got.pin ? 1 : 0;
                 },
                 Pins::kOneForARun)
             .ok()) {
  }
  EXPECT_EQ(taken, size_t{2} * kRounds * kBurst);
  EXPECT_LT(pins, taken / 50);
  EXPECT_LT(calls - calls_before, taken / 20);
}

// One copy where it is sent, as the caller keeps its own, and one where it is
// put together again.
TEST(Cost, OfALargeEnvelopeIsTwoCopies) {
  const Cost cost = CostOf(1 << 20, 10);
  EXPECT_LT(cost.bytes, 2.1 * (1 << 20));
}

}  // namespace
}  // namespace raft_cluster::internal
