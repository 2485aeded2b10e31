#include "raft/testing/gate.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Frames : public Receiver {
 public:
  void OnFrame(const Origin&, Frame frame) override {
    frames.emplace_back(frame.head.view());
    frames.back() += std::string(frame.body.view());
  }
  void OnReset(Pid, bool) override {}

  std::vector<std::string> frames;
};

Frame MakeFrame(const std::string& text) { return {Bytes::Copy(text), {}}; }

// Server 1, in the open, and server 2, behind the gate, on a loopback network.
class GateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Registry open = BuiltinTransports();
    const Registry gated = GatedTransports(open, gate_);
    EXPECT_EQ(gated.schemes(), open.schemes());
    one_ = OpenAt(open, 1);
    two_ = OpenAt(gated, 2);
    ASSERT_EQ(one_->Connect({2, two_->url()}), absl::OkStatus());
    ASSERT_EQ(two_->Connect({1, one_->url()}), absl::OkStatus());
    PollUntil(*two_, *one_, "hello, 1", 1);
    PollUntil(*one_, *two_, "hello, 2", 2);
  }

  static std::unique_ptr<Transport> OpenAt(const Registry& registry, Pid self) {
    TransportSpec spec;
    spec.url = *ParseUrl("loopback://" + std::to_string(self));
    spec.self = self;
    auto transport = registry.Open(spec);
    EXPECT_TRUE(transport.ok()) << transport.status();
    return *std::move(transport);
  }

  // Until the connection is there.
  static void PollUntil(Transport& from, Transport& to, const std::string& text,
                        Pid peer) {
    Frames unwanted;
    Frames got;
    for (int i = 0; i < 1000 && got.frames.empty(); ++i) {
      from.Poll(1, unwanted);
      from.Send(peer, MakeFrame(text));
      to.Wait(absl::Milliseconds(10));
      to.Poll(1, got);
    }
    ASSERT_THAT(got.frames, ElementsAre(text));
    while (to.Poll(10, got) > 0) {
    }
  }

  static std::vector<std::string> Poll(Transport& transport) {
    Frames got;
    transport.Poll(10, got);
    return got.frames;
  }

  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::unique_ptr<Transport> one_;
  std::unique_ptr<Transport> two_;
};

TEST_F(GateTest, WhatComesToAHeldGateWaitsUntilItOpens) {
  gate_->Hold();
  EXPECT_EQ(one_->Send(2, MakeFrame("a")), SendResult::kSent);
  EXPECT_THAT(Poll(*two_), IsEmpty());
  gate_->Open();
  EXPECT_THAT(Poll(*two_), ElementsAre("a"));
}

TEST_F(GateTest, NothingGoesOutOfAHeldGate) {
  gate_->Hold();
  EXPECT_EQ(two_->Send(1, MakeFrame("a")), SendResult::kFull);
  EXPECT_EQ(two_->Reply(Origin(), MakeFrame("a")), SendResult::kFull);
  gate_->Open();
  EXPECT_EQ(two_->Send(1, MakeFrame("b")), SendResult::kSent);
  EXPECT_THAT(Poll(*one_), ElementsAre("b"));
}

TEST_F(GateTest, ACutGateSwallowsAndStaysCut) {
  gate_->Cut();
  gate_->Open();
  EXPECT_EQ(gate_->state(), Gate::State::kCut);
  EXPECT_EQ(two_->Send(1, MakeFrame("a")), SendResult::kSent);
  EXPECT_THAT(Poll(*one_), IsEmpty());
  one_->Send(2, MakeFrame("b"));
  EXPECT_THAT(Poll(*two_), IsEmpty());
}

TEST_F(GateTest, AWaitBehindAHeldGateEndsWhenItOpensOrIsWoken) {
  for (bool open : {true, false}) {
    gate_->Hold();
    one_->Send(2, MakeFrame("would make a wait end at once"));
    std::atomic<bool> ended{false};
    std::thread waiter([&] {
      // Each may end early for no reason, but not for ever.
      for (int i = 0; i < 5; ++i) two_->Wait(absl::InfiniteDuration());
      ended = true;
    });
    while (!ended) {
      if (open) {
        gate_->Open();
        gate_->Hold();
      } else {
        two_->Wake();
      }
    }
    waiter.join();
  }
}

}  // namespace
}  // namespace raft_cluster::internal
