// Threads that get in each other's way at a pump: in every order up to a number
// of preemptions (Scenarios() says how many), and in some that chance picks;
// one scenario has too many threads for anything but chance. Where a run fails,
// the steps that led there are printed.
#include <cstddef>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "raft/testing/interleaving/bench.h"
#include "raft/testing/interleaving/poll_scenarios.h"
#include "raft/testing/interleaving/room_scenarios.h"
#include "raft/testing/interleaving/schedule.h"
#include "raft/testing/mutants/mutant.h"
#include "raft/testing/mutants/pump_mutants.h"

namespace raft_cluster::internal {
namespace {

// ---- What threads do at the same time ---------------------------------------

struct Scenario {
  std::string name;
  Limits limits;
  std::function<void()> program;
};

// Either both are due at once, or one is to be sent by who sends the other.
// Nothing comes back that would make the loop look.
void SendAndSend() {
  Bench bench({/*peers=*/2});
  bench.wire.SetListens(2, false);
  bench.wire.SetListens(3, false);
  bench.Run({{"sends to 2", [&] { bench.Send(2); }},
             {"sends to 3", [&] { bench.Send(3); }},
             {"peers", [&] {
                Sleep(Schedule::kPatience / 2);
                bench.ListenLate(2, /*frames=*/1);
                bench.ListenLate(3, /*frames=*/1);
              }}});
}

void SendAndSendToOne() {
  Bench bench({});
  bench.Run({{"sends a", [&] { bench.Send(2); }},
             {"sends b", [&] { bench.Send(2); }}});
}

void SendAndReceive() {
  Bench bench({/*peers=*/2});
  bench.Run({{"sends", [&] { bench.Send(2); }},
             {"receives", [&] { bench.Receive(); }},
             {"peer", [&] { bench.wire.Say(3, {"x"}); }}});
}

// The envelope waits for the acknowledgement of the first, but not for long,
// while the loop sleeps until that is overdue.
void SendThatGathers() {
  Bench bench({});
  bench.wire.SetListens(2, false);
  bench.Send(2);
  Sleep(1);
  bench.Run(
      {{"sends", [&] { bench.Send(2); }}, {"peer", [&] {
                                             Sleep(Schedule::kPatience / 2);
                                             bench.ListenLate(2, /*frames=*/2);
                                           }}});
}

void SendWhenWireIsFull() {
  Bench bench({});
  bench.wire.SetFull(2, true);
  bench.Run({{"sends", [&] { bench.Send(2); }},
             {"wire", [&] { bench.wire.SetFull(2, false); }}});
}

// The loop sleeps, and does not know of the acknowledgement that is owed then.
void ReceiveWhatIsThere() {
  Bench bench({});
  bench.wire.Say(2, {"x", "y"});
  Sleep(kShort);
  bench.Run({{"receives", [&] { bench.Receive(); }},
             {"receives too", [&] { bench.Receive(); }}});
}

void ReceiveAndReceive() {
  Bench bench({});
  bench.Run({{"receives", [&] { bench.Receive(); }},
             {"receives too", [&] { bench.Receive(); }},
             {"peer", [&] {
                bench.wire.Say(2, {"x", "y"});
              }}});
}

// The one that is told that nobody polls may be about to leave.
void ReceiveAndReceiveBriefly() {
  Bench bench({});
  bench.Run({{"receives", [&] { bench.Receive(); }},
             {"receives too", [&] { bench.Receive(); }},
             {"briefly",
              [&] {
                if (bench.Receive({kOk, kLate}, absl::Microseconds(kShort))) {
                  bench.wire.Say(2, {"z"});
                }
              }},
             {"peer", [&] {
                Sleep(kShort);
                bench.wire.Say(2, {"x"});
                Sleep(kShort);
                bench.wire.Say(2, {"y"});
              }}});
}

// By now the loop has given up to look by itself whether somebody polls; the
// one who does leaves, and what cannot be sent at once is left to the loop.
void ReceiveForLong() {
  Bench bench({});
  const int receiver =
      Schedule::Current().Start({"receives", [&] { bench.Receive(); }});
  Sleep(kBringUp);
  bench.Run({{"sends",
              [&] {
                bench.wire.SetFull(2, true);
                bench.Send(2);
                Sleep(kShort);
                bench.wire.SetFull(2, false);
              }},
             {"peer", [&] { bench.wire.Say(2, {"x"}); }}});
  Schedule::Current().Join(receiver);
}

void ReceiveNextAndReceive() {
  Bench bench({/*peers=*/1, /*queue_bytes=*/1 << 20, /*up=*/false});
  bench.Run({{"receives next",
              [&] {
                while (!bench.ReceiveNext().event.has_value()) {
                  bench.wire.Say(2, {"y"});
                }
              }},
             {"receives", [&] { bench.Receive(); }},
             {"peer", [&] {
                bench.wire.SetListens(2, true);
                bench.wire.Say(2, {"x"});
              }}});
}

void PeerComesUp() {
  Bench bench({/*peers=*/1, /*queue_bytes=*/1 << 20, /*up=*/false});
  bench.Run({{"waits", [&] { bench.WaitForPeers(1); }},
             {"watches", [&] { bench.NextEvent(); }},
             {"peer", [&] { bench.wire.SetListens(2, true); }}});
}

// The event comes of the broadcast itself, and nothing else will happen.
void SkipAndWatch() {
  Bench bench({/*peers=*/1, /*queue_bytes=*/100, /*up=*/false});
  bench.Broadcast();
  bench.Run({{"broadcasts", [&] { bench.Broadcast(); }},
             {"watches", [&] { bench.NextEvent(); }}});
}

// As before, for one who leads, and sleeps until an envelope comes.
void SkipAndReceiveNext() {
  Bench bench({/*peers=*/1, /*queue_bytes=*/100, /*up=*/false});
  bench.Broadcast();
  bench.Run({{"broadcasts", [&] { bench.Broadcast(); }},
             {"receives next", [&] { bench.ReceiveNext(); }}});
}

void CloseAndReceive() {
  Bench bench({});
  bench.Run({{"receives", [&] { bench.Receive({kClosed}); }},
             {"receives too", [&] { bench.Receive({kClosed}); }},
             {"closes", [&] { bench.Close(); }}});
}

void CloseAndWaiters() {
  Bench bench(OneFits());
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends", [&] { bench.Send(2, {kClosed}); }},
             {"watches",
              [&] {
                bench.NextEvent({kOk, kClosed});
              }},
             {"closes", [&] { bench.Close(); }}});
}

void CloseAndSend() {
  Bench bench({});
  bench.Run({{"sends",
              [&] {
                bench.Send(2, {kOk, kClosed});
              }},
             {"closes", [&] { bench.Close(); }}});
}

void CloseAndClose() {
  Bench bench({});
  bench.Run({{"sends",
              [&] {
                bench.Send(2, {kOk, kClosed});
              }},
             {"closes", [&] { bench.Close(); }},
             {"closes too", [&] { bench.Close(); }}});
}

// The peer's envelope is not what ends them, though it may be there.
void InterruptAndReceive() {
  Bench bench({});
  bench.Run({{"receives",
              [&] {
                bench.Receive({kOk, kCut});
                bench.Receive({kCut});
              }},
             {"receives next",
              [&] {
                bench.ReceiveNext({kOk, kCut});
                bench.ReceiveNext({kCut});
              }},
             {"interrupts", [&] {
                bench.pump.Interrupt();
                bench.pump.SeeOff();
              }}});
}

void InterruptAndWaiters() {
  Bench bench(OneFits());
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends", [&] { bench.Send(2, {kCut}); }},
             {"watches",
              [&] {
                bench.NextEvent({kOk, kCut});
                bench.NextEvent({kCut});
              }},
             {"interrupts", [&] {
                bench.pump.Interrupt();
                bench.wire.SetTakes(2, true);
              }}});
}

const std::vector<Scenario>& Scenarios() {
  static const auto* const scenarios = new std::vector<Scenario>{
      {"SendAndSend", {1, 300}, SendAndSend},
      {"SendAndSendToOne", {1, 300}, SendAndSendToOne},
      {"SendAndReceive", {1, 300}, SendAndReceive},
      {"SendThatGathers", {2, 300}, SendThatGathers},
      {"SendWhenFullAndTaken", {1, 300}, SendWhenFullAndTaken},
      {"SendWhenFullAndCloseOutbox", {1, 300}, SendWhenFullAndCloseOutbox},
      {"SendWhenHeldAndTaken", {1, 300}, SendWhenHeldAndTaken},
      {"SendWhenHeldAndInterrupt", {1, 300}, SendWhenHeldAndInterrupt},
      {"SendWhenWireIsFull", {2, 300}, SendWhenWireIsFull},
      {"ReceiveWhatIsThere", {2, 300}, ReceiveWhatIsThere},
      {"ReceiveAndReceive", {1, 300}, ReceiveAndReceive},
      {"ReceiveAndReceiveBriefly", {-1, 1000}, ReceiveAndReceiveBriefly},
      {"ReceiveForLong", {1, 300}, ReceiveForLong},
      {"ReceiveNextAndReceive", {1, 300}, ReceiveNextAndReceive},
      {"PeerComesUp", {1, 300}, PeerComesUp},
      {"SkipAndWatch", {1, 300}, SkipAndWatch},
      {"SkipAndReceiveNext", {1, 300}, SkipAndReceiveNext},
      {"InterruptAndReceive", {1, 300}, InterruptAndReceive},
      {"InterruptAndWaiters", {1, 300}, InterruptAndWaiters},
      {"PollAndReceive", {1, 300}, PollAndReceive},
      {"PollAndReceiveToo", {1, 300}, PollAndReceiveToo},
      {"PollAndSkip", {1, 300}, PollAndSkip},
      {"ReloadAndSend", {1, 300}, ReloadAndSend},
      {"PollAndClose", {0, 1000}, PollAndClose},
      {"PollAndInterrupt", {1, 300}, PollAndInterrupt},
      {"RefusedAndToldOfRoom", {1, 300}, RefusedAndToldOfRoom},
      {"PostAndReceiveNext", {1, 300}, PostAndReceiveNext},
      {"PostAndPoll", {1, 300}, PostAndPoll},
      {"PostAndClose", {0, 1000}, PostAndClose},
      {"CloseAndReceive", {0, 1000}, CloseAndReceive},
      {"CloseAndWaiters", {0, 1000}, CloseAndWaiters},
      {"CloseAndSend", {1, 300}, CloseAndSend},
      {"CloseAndClose", {0, 1000}, CloseAndClose},
  };
  return *scenarios;
}

class PumpTest : public testing::TestWithParam<Scenario> {};

TEST_P(PumpTest, HoldsInTheOrdersTried) {
  const Exploration exploration =
      Explore(GetParam().limits, GetParam().program);
  EXPECT_EQ(exploration.failure, "") << exploration.story;
  std::cout << exploration.runs << " runs\n";
}

INSTANTIATE_TEST_SUITE_P(Scenarios, PumpTest, testing::ValuesIn(Scenarios()),
                         [](const testing::TestParamInfo<Scenario>& info) {
                           return info.param.name;
                         });

// ---- A pump that is broken in one place -------------------------------------

struct Broken {
  absl::string_view mutant;
  absl::string_view scenario;
  std::function<void()> program;
  absl::string_view failure;
};

const std::vector<Broken>& BrokenPumps() {
  constexpr absl::string_view kWaits = "left waiting";
  static const auto* const pumps = new std::vector<Broken>{
      {"waits_blindly", "SendAndReceive", SendAndReceive, kWaits},
      {"tells_nobody", "ReceiveForLong", ReceiveForLong, kWaits},
      {"lets_sleep", "SendThatGathers", SendThatGathers, kWaits},
      {"looks_once", "SendAndSend", SendAndSend, kWaits},
      {"holds_for_ever", "SendWhenHeldAndTaken", SendWhenHeldAndTaken, kWaits},
      {"hides_events", "SkipAndWatch", SkipAndWatch, kWaits},
      {"hides_events", "SkipAndReceiveNext", SkipAndReceiveNext, kWaits},
      {"does_not_lock", "SendAndSend", SendAndSend,
       "two threads use the transport at once"},
      {"takes_quietly", "PollAndReceive", PollAndReceive, "goes on for ever"},
      {"ends_quietly", "PollAndClose", PollAndClose, kWaits},
      {"ends_quietly", "PollAndInterrupt", PollAndInterrupt, kWaits},
      {"posts_quietly", "PostAndReceiveNext", PostAndReceiveNext, kWaits},
      {"reloads_quietly", "ReloadAndSend", ReloadAndSend, kWaits},
      {"closes_at_once", "CloseAndSend", CloseAndSend,
       "the transport is destroyed while in use"},
  };
  return *pumps;
}

class MutantTest : public testing::TestWithParam<Broken> {};

TEST_P(MutantTest, IsCaught) {
  const ScopedMutant mutant(GetParam().mutant);
  const Exploration exploration =
      Explore({/*preemptions=*/1, 300}, GetParam().program);
  EXPECT_EQ(exploration.failure, GetParam().failure);
}

INSTANTIATE_TEST_SUITE_P(Pumps, MutantTest, testing::ValuesIn(BrokenPumps()),
                         [](const testing::TestParamInfo<Broken>& info) {
                           return absl::StrCat(info.param.mutant, "_",
                                               info.param.scenario);
                         });

// Neither is there a patch that nobody tries, nor a name without a patch.
TEST(MutantsTest, AreThePatches) {
  std::set<absl::string_view> tried, patches;
  for (const Broken& pump : BrokenPumps()) tried.insert(pump.mutant);
  for (const Mutant& mutant : kPumpMutants) patches.insert(mutant.name);
  EXPECT_EQ(tried, patches);
}

}  // namespace
}  // namespace raft_cluster::internal
