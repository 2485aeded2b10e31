// Threads that get in each other's way at a pump: in every order up to a number
// of preemptions (Scenarios() says how many), and in some that chance picks;
// one scenario has too many threads for anything but chance. Where a run fails,
// the steps that led there are printed.
#include "raft/testing/interleaving/pump.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/base/clock.h"
#include "raft/testing/interleaving/mutant.h"
#include "raft/testing/interleaving/schedule.h"
#include "raft/testing/interleaving/wire.h"

namespace raft_cluster::internal {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kClosed = absl::StatusCode::kFailedPrecondition;
constexpr auto kLate = absl::StatusCode::kDeadlineExceeded;
using Codes = std::initializer_list<absl::StatusCode>;

constexpr Pid kSelf = 1;
// All that has to be said in the beginning is said within this time.
constexpr Micros kBringUp = 200000;
constexpr Micros kShort = 500;

// The virtual time of the schedule that runs.
class ScheduleClock final : public Clock {
 public:
  Micros Now() override { return Schedule::Current().now(); }
};
void Sleep(Micros time) { Schedule::Current().Sleep(time); }

// A pump with its loop, its peers (servers 2, 3, ...) and its callers. A run
// fails where a call has none of the outcomes that are expected of it, or has
// none at all although what it waits for is there; where an envelope that was
// accepted is not taken by its peer, or a peer does not hear that its own was
// taken; and where the wire or the locks are misused.
class Bench {
 public:
  struct Options {
    int peers = 1;
    uint64_t queue_bytes = 1 << 20;  // For what is sent to one peer.
    bool up = true;                  // The peers are, before the test begins.
  };

  explicit Bench(const Options& options)
      : wire(options.peers), pump(wire.Open(), Engine(options), clock) {
    for (int i = 1; i <= options.peers; ++i) {
      wire.SetListens(kSelf + i, options.up);
    }
    Expect(pump.Connect(), {kOk});
    Expect(pump.Start(), {kOk});
    if (options.up) WaitForPeers(options.peers);
    Sleep(kBringUp);
    while (pump.NextEvent(absl::ZeroDuration()).ok()) {
    }
  }
  ~Bench() { pump.Close(absl::ZeroDuration()).IgnoreError(); }

  // These threads, in any order with each other and the loop.
  void Run(const std::vector<NamedThread>& threads) {
    Schedule::Current().Interleave(threads, [this] {
      for (const auto& [to, count] : accepted_) {
        if (!closed_ && wire.taken(to) != count) return false;
      }
      return closed_ || wire.Quiet();
    });
  }

  // The calls of the pump; without a timeout where they wait.
  void Send(Pid to, Codes codes = {kOk}) {
    Outgoing envelope;
    envelope.msg = Bytes::Copy("hello");
    if (Expect(pump.Send(to, envelope, absl::InfiniteDuration()).status(),
               codes)) {
      ++accepted_[to];
    }
  }
  bool Receive(Codes codes = {kOk},
               absl::Duration timeout = absl::InfiniteDuration()) {
    return Expect(pump.Receive(timeout, /*limit=*/1, [](Delivery) {}).status(),
                  codes);
  }
  // True: it was an event, not an envelope.
  bool ReceiveNext() {
    absl::optional<Delivery> received;
    absl::optional<Event> event;
    Expect(pump.ReceiveNext(absl::InfiniteDuration(), &received, &event),
           {kOk});
    return event.has_value();
  }
  void WaitForPeers(int count) {
    Expect(pump.WaitForPeers(count, absl::InfiniteDuration()), {kOk});
  }
  void NextEvent(Codes codes = {kOk}) {
    Expect(pump.NextEvent(absl::InfiniteDuration()).status(), codes);
  }
  // Its status says what was not taken, which is not the point here.
  void Close() {
    pump.Close(absl::Microseconds(kShort)).IgnoreError();
    closed_ = true;
  }

  // Lets a peer listen to which so many frames must have been sent.
  void ListenLate(Pid peer, size_t frames) {
    Schedule::Current().Check(wire.unheard(peer) == frames, "left waiting");
    wire.SetListens(peer, true);
  }

  Wire wire;
  ScheduleClock clock;
  Pump pump;

 private:
  static EngineOptions Engine(const Options& options) {
    EngineOptions engine = Wire::QuietEngine(kSelf);
    engine.link.link_budget_bytes = options.queue_bytes;
    for (int i = 1; i <= options.peers; ++i) {
      engine.peers.push_back({kSelf + i, {}});
    }
    return engine;
  }
  static bool Expect(const absl::Status& status, Codes codes) {
    Schedule::Current().Check(
        std::find(codes.begin(), codes.end(), status.code()) != codes.end(),
        absl::StrCat("outcome: ", status.ToString()));
    return status.ok();
  }

  bool closed_ = false;
  std::map<Pid, size_t> accepted_;
};

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

// Of a queue in which one envelope has room.
constexpr Bench::Options OneFits() {
  return {/*peers=*/1, /*queue_bytes=*/100};
}

void SendWhenFullAndTaken() {
  Bench bench(OneFits());
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends", [&] { bench.Send(2); }},
             {"peer", [&] { bench.wire.SetTakes(2, true); }}});
}

void SendWhenFullAndCloseOutbox() {
  Bench bench(OneFits());
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends", [&] { bench.Send(2, {kClosed}); }},
             {"closes", [&] {
                bench.pump.CloseOutbox();
                bench.wire.SetTakes(2, true);
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
                while (!bench.ReceiveNext()) bench.wire.Say(2, {"y"});
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

const std::vector<Scenario>& Scenarios() {
  static const auto* const scenarios = new std::vector<Scenario>{
      {"SendAndSend", {1, 300}, SendAndSend},
      {"SendAndSendToOne", {1, 300}, SendAndSendToOne},
      {"SendAndReceive", {1, 300}, SendAndReceive},
      {"SendThatGathers", {2, 300}, SendThatGathers},
      {"SendWhenFullAndTaken", {1, 300}, SendWhenFullAndTaken},
      {"SendWhenFullAndCloseOutbox", {1, 300}, SendWhenFullAndCloseOutbox},
      {"SendWhenWireIsFull", {2, 300}, SendWhenWireIsFull},
      {"ReceiveWhatIsThere", {2, 300}, ReceiveWhatIsThere},
      {"ReceiveAndReceive", {1, 300}, ReceiveAndReceive},
      {"ReceiveAndReceiveBriefly", {-1, 1000}, ReceiveAndReceiveBriefly},
      {"ReceiveForLong", {1, 300}, ReceiveForLong},
      {"ReceiveNextAndReceive", {1, 300}, ReceiveNextAndReceive},
      {"PeerComesUp", {1, 300}, PeerComesUp},
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

std::string FailureOf(PumpMutant broken, const std::function<void()>& program) {
  pump_mutant = broken;
  const Exploration exploration = Explore({/*preemptions=*/1, 300}, program);
  pump_mutant = PumpMutant::kNone;
  return exploration.failure;
}

TEST(MutantTest, EachIsCaught) {
  const std::string waits = "left waiting";
  EXPECT_EQ(FailureOf(PumpMutant::kWaitsBlindly, SendAndReceive), waits);
  EXPECT_EQ(FailureOf(PumpMutant::kTellsNobody, ReceiveForLong), waits);
  EXPECT_EQ(FailureOf(PumpMutant::kLetsSleep, SendThatGathers), waits);
  EXPECT_EQ(FailureOf(PumpMutant::kLooksOnce, SendAndSend), waits);
  EXPECT_EQ(FailureOf(PumpMutant::kDoesNotLock, SendAndSend),
            "two threads use the transport at once");
  EXPECT_EQ(FailureOf(PumpMutant::kClosesAtOnce, CloseAndSend),
            "the transport is destroyed while in use");
}

}  // namespace
}  // namespace raft_cluster::internal
