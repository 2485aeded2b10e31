#include "raft/testing/faulty/faulty.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

using ::testing::SizeIs;

constexpr int kFrames = 1000;

class Numbers : public Receiver {
 public:
  void OnFrame(const Origin&, Frame frame) override {
    numbers.push_back(std::stoi(std::string(frame.head.view())));
  }
  void OnReset(Pid, bool) override { ++resets; }

  std::vector<int> numbers;
  int resets = 0;
};

Frame Number(int number) { return {Bytes::Copy(std::to_string(number)), {}}; }

// Server 1 sends to server 2, over a loopback network with faults.
class FaultyTest : public ::testing::Test {
 protected:
  void Open(const Faults& faults) {
    const Registry registry = FaultyTransports(BuiltinTransports(), faults);
    EXPECT_EQ(registry.schemes(), BuiltinTransports().schemes());
    one_ = OpenAt(registry, 1);
    two_ = OpenAt(registry, 2);
    ASSERT_TRUE(one_->Connect({2, two_->url()}).ok());
    one_->Poll(1, sender_);
    ASSERT_EQ(sender_.resets, 1);
  }

  static std::unique_ptr<Transport> OpenAt(const Registry& registry, Pid self) {
    TransportSpec spec;
    spec.url = *ParseUrl("loopback://" + std::to_string(self));
    spec.self = self;
    auto transport = registry.Open(spec);
    EXPECT_TRUE(transport.ok()) << transport.status();
    return *std::move(transport);
  }

  // Sends the numbers from 0, each until it is taken, and receives what comes
  // until nothing is late any more.
  std::vector<int> Exchange() {
    Numbers got;
    for (int i = 0; i < kFrames; ++i) {
      while (one_->Send(2, Number(i)) != SendResult::kSent) {
        ++refusals_;
        one_->Wait(absl::InfiniteDuration());
        one_->Poll(1, sender_);
      }
      two_->Poll(100, got);
    }
    // What the first of these two polls finds may be late, too.
    for (int i = 0; i < 2; ++i) {
      absl::SleepFor(2 * Faults().longest);
      while (two_->Poll(100, got) == 100) {
      }
    }
    return got.numbers;
  }

  std::unique_ptr<Transport> one_;
  std::unique_ptr<Transport> two_;
  Numbers sender_;
  int refusals_ = 0;
};

std::vector<int> Sorted(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

size_t CountOfDifferent(const std::vector<int>& numbers) {
  return std::set<int>(numbers.begin(), numbers.end()).size();
}

TEST_F(FaultyTest, WithoutFaultsCarriesEverythingInOrder) {
  Open(Faults());
  EXPECT_FALSE(one_->properties().fifo);
  const std::vector<int> got = Exchange();
  EXPECT_THAT(got, SizeIs(kFrames));
  EXPECT_EQ(got, Sorted(got));
  EXPECT_EQ(refusals_, 0);
  EXPECT_EQ(sender_.resets, 1);
}

TEST_F(FaultyTest, LosesAsOftenAsItIsTold) {
  Faults faults;
  faults.loss = 0.3;
  Open(faults);
  const std::vector<int> got = Exchange();
  EXPECT_GT(got.size(), kFrames * 0.6);
  EXPECT_LT(got.size(), kFrames * 0.8);
  EXPECT_EQ(CountOfDifferent(got), got.size());
}

TEST_F(FaultyTest, LosesTheSameForTheSameSeedAndOthersForAnother) {
  std::vector<std::vector<int>> got;
  for (uint64_t seed : {1, 1, 2}) {
    Faults faults;
    faults.seed = seed;
    faults.loss = 0.3;
    one_ = nullptr;
    two_ = nullptr;
    sender_.resets = 0;
    Open(faults);
    got.push_back(Exchange());
  }
  EXPECT_EQ(got[0], got[1]);
  EXPECT_NE(got[0], got[2]);
}

TEST_F(FaultyTest, DoublesAsOftenAsItIsTold) {
  Faults faults;
  faults.duplication = 0.3;
  Open(faults);
  const std::vector<int> got = Exchange();
  EXPECT_EQ(CountOfDifferent(got), size_t{kFrames});
  EXPECT_GT(got.size(), kFrames * 1.2);
  EXPECT_LT(got.size(), kFrames * 1.4);
}

TEST_F(FaultyTest, ReordersByDelayAndLosesNothingByIt) {
  Faults faults;
  faults.delay = 0.3;
  Open(faults);
  const std::vector<int> got = Exchange();
  EXPECT_THAT(got, SizeIs(kFrames));
  EXPECT_EQ(CountOfDifferent(got), size_t{kFrames});
  EXPECT_NE(got, Sorted(got));
}

TEST_F(FaultyTest, RefusesForAWhileAndLetsAWaitEndThen) {
  Faults faults;
  faults.refusal = 0.1;
  Open(faults);
  EXPECT_THAT(Exchange(), SizeIs(kFrames));
  EXPECT_GT(refusals_, 50);
}

// The refusal comes while another thread is in a wait already.
TEST_F(FaultyTest, ARefusalEndsAWaitThatBeganBefore) {
  Faults faults;
  faults.refusal = 1;
  Open(faults);
  for (int i = 0; i < 100; ++i) {
    one_->Poll(1, sender_);
    std::thread waiter([this] { one_->Wait(absl::InfiniteDuration()); });
    EXPECT_EQ(one_->Send(2, Number(0)), SendResult::kFull);
    waiter.join();
  }
}

TEST_F(FaultyTest, MakesConnectionsAnewAndSaysSo) {
  Faults faults;
  faults.reset = 0.1;
  Open(faults);
  const std::vector<int> got = Exchange();
  EXPECT_GT(sender_.resets, 50);
  EXPECT_EQ(CountOfDifferent(got), got.size());
}

TEST_F(FaultyTest, SaysOfAnUnknownPeerThatItIsUnknown) {
  Faults faults;
  faults.refusal = 1;
  Open(faults);
  EXPECT_EQ(one_->Send(3, Number(0)), SendResult::kUnknown);
  EXPECT_EQ(one_->Send(2, Number(0)), SendResult::kFull);
  one_->Disconnect(2);
  EXPECT_EQ(one_->Send(2, Number(0)), SendResult::kUnknown);
}

}  // namespace
}  // namespace raft_cluster::internal
