// What a user can ask of a simulation, by handlers small enough that one sees
// what must come of them.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster::internal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// No faults, unless a test asks for some.
FaultWeights NoFaults() {
  FaultWeights none;
  none.weather = none.cut = none.partition = none.clog = none.reset = 0;
  none.crash = none.pause = none.twin = none.leave = 0;
  return none;
}

SimulationOptions Quick(uint64_t seed = 1) {
  SimulationOptions options;
  options.servers = 3;
  options.seed = seed;
  options.fault_time = absl::Seconds(5);
  options.settle_time = absl::Seconds(10);
  return options;
}

// Says `text` to all, at its start or again and again.
class Speaker : public Handler {
 public:
  explicit Speaker(std::string text,
                   absl::Duration interval = absl::InfiniteDuration())
      : text_(std::move(text)), interval_(interval) {}
  void OnStart(Context& context) override { OnTimer(context, 1); }
  void OnTimer(Context& context, int) override {
    said = context.TrySend(kBroadcast, text_).status();
    context.SetTimer(1, interval_);
  }
  void OnEnvelope(Context&, const Received&) override { ++heard; }

  absl::Status said;
  int heard = 0;

 private:
  const std::string text_;
  const absl::Duration interval_;
};

SimulationResult RunSpeakers(SimulationOptions options, const std::string& text,
                             absl::Duration interval = absl::Seconds(1)) {
  options.handlers = [&](Pid) {
    return std::make_unique<Speaker>(text, interval);
  };
  // Who sends for ever is at rest as soon as the faults are over.
  options.settled = [] { return true; };
  return RunSimulation(options);
}

// ---- Options ----------------------------------------------------------------

// Says 64 KiB, and asks for no particular luck.
TEST(SimulationOptionsTest, ABatchOf64KiBFailsNoSeed) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SimulationOptions options = Quick(seed);
    options.handlers = [&](Pid) {
      return std::make_unique<Speaker>(std::string(64 << 10, 'x'));
    };
    const SimulationResult result = RunSimulation(options);
    ASSERT_EQ(result.status, absl::OkStatus());
    EXPECT_GT(result.taken, 0u);
    EXPECT_EQ(result.twins, 0u) << "which nobody asked for";
  }
}

TEST(SimulationOptionsTest, AreThoseOfTheServers) {
  SimulationOptions options = Quick();
  options.weights = NoFaults();
  options.options.max_envelope_bytes = 100;
  absl::Status said;
  const auto run = [&](size_t size) {
    options.handlers = [&, size](Pid) {
      class Reporter : public Speaker {
       public:
        Reporter(size_t size, absl::Status* said)
            : Speaker(std::string(size, 'x')), said_(*said) {}
        ~Reporter() override { said_.Update(said); }

       private:
        absl::Status& said_;
      };
      return std::make_unique<Reporter>(size, &said);
    };
    return RunSimulation(options).status;
  };
  EXPECT_EQ(run(100), absl::OkStatus());
  EXPECT_EQ(said, absl::OkStatus());
  EXPECT_EQ(run(101), absl::OkStatus());
  EXPECT_EQ(said.code(), absl::StatusCode::kInvalidArgument);
}

TEST(SimulationOptionsTest, ThatAreNotAllowedAreRefused) {
  const auto refusal = [](const std::function<void(SimulationOptions&)>& set) {
    SimulationOptions options = Quick();
    set(options);
    const SimulationResult result = RunSimulation(options);
    EXPECT_EQ(result.failure, SimFailure::kOptions);
    EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(result.status.message());
  };
  EXPECT_THAT(refusal([](auto& options) { options.servers = 0; }),
              HasSubstr("servers"));
  EXPECT_THAT(refusal([](auto& options) { options.weights.cut = -1; }),
              HasSubstr("weights"));
  EXPECT_THAT(refusal([](auto& options) {
                options.options.failure_timeout = absl::ZeroDuration();
              }),
              HasSubstr("failure_timeout"));
}

TEST(SimulationOptionsTest, OneServerHasItsFaultsToo) {
  SimulationOptions options = Quick();
  options.servers = 1;
  const SimulationResult result = RunSpeakers(options, "hello");
  EXPECT_EQ(result.status, absl::OkStatus());
  EXPECT_GT(result.crashes + result.pauses + result.leaves, 0u);
}

TEST(SimulationOptionsTest, WeightsSayWhichFaultsThereAre) {
  SimulationOptions options = Quick();
  options.fault_time = absl::Seconds(30);
  options.weights = NoFaults();
  const SimulationResult none = RunSpeakers(options, "hello");
  EXPECT_EQ(none.status, absl::OkStatus());
  EXPECT_EQ(none.crashes + none.pauses + none.leaves + none.partitions, 0u);
  EXPECT_EQ(none.network.lost + none.network.doubled, 0u);
  options.weights.crash = 1;
  const SimulationResult crashes = RunSpeakers(options, "hello");
  EXPECT_GT(crashes.crashes, 10u);
  EXPECT_EQ(crashes.pauses + crashes.leaves + crashes.partitions, 0u);
}

// ---- What is seen -----------------------------------------------------------

TEST(TraceHash, SeesWhatEnvelopesSay) {
  EXPECT_EQ(RunSpeakers(Quick(), "yes").trace_hash,
            RunSpeakers(Quick(), "yes").trace_hash);
  EXPECT_NE(RunSpeakers(Quick(), "yes").trace_hash,
            RunSpeakers(Quick(), "no!").trace_hash);
}

// The lines of the trace that say what happened to servers by the schedule of
// faults alone, not by what they answered to it.
std::vector<std::string> FaultsMet(uint64_t seed, int draws) {
  class Gambler : public Speaker {
   public:
    explicit Gambler(int draws)
        : Speaker("hello", absl::Milliseconds(300)), draws_(draws) {}
    void OnTimer(Context& context, int timer) override {
      for (int i = 0; i < draws_; ++i) sum_ += context.Random();
      Speaker::OnTimer(context, timer);
      if (draws_ > 0 && sum_ % 2 == 0) Speaker::OnTimer(context, timer);
    }

   private:
    const int draws_;
    uint64_t sum_ = 0;
  };
  std::ostringstream trace;
  SimulationOptions options = Quick(seed);
  options.fault_time = absl::Seconds(20);
  options.weights.leave = 0;  // How long it takes is up to what is queued.
  options.trace = &trace;
  options.handlers = [&](Pid) { return std::make_unique<Gambler>(draws); };
  options.settled = [] { return true; };
  EXPECT_EQ(RunSimulation(options).status, absl::OkStatus());
  std::vector<std::string> faults;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(trace.str(), '\n'))) {
    for (const char* what : {" crash ", " pause ", " resume ", " start "}) {
      if (absl::StrContains(line, what)) faults.push_back(line);
    }
  }
  return faults;
}

TEST(Faults, AreTheSameHoweverMuchAHandlerDraws) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<std::string> none = FaultsMet(seed, 0);
    EXPECT_GT(none.size(), 3u);
    EXPECT_EQ(none, FaultsMet(seed, 1));
    EXPECT_EQ(none, FaultsMet(seed, 7));
  }
}

// ---- Failures ---------------------------------------------------------------

TEST(Failure, OfTheInvariantSaysSo) {
  SimulationOptions options = Quick(/*seed=*/7);
  options.invariant = [] { return absl::InternalError("two leaders"); };
  const SimulationResult result = RunSimulation(options);
  EXPECT_EQ(result.failure, SimFailure::kInvariant);
  EXPECT_THAT(
      std::string(result.status.message()),
      AllOf(HasSubstr("seed 7 at "), HasSubstr("invariant: two leaders")));
}

TEST(Failure, OfSettledSaysSoAndThatNoQueueIsToBlame) {
  SimulationOptions options = Quick();
  options.handlers = [](Pid) { return std::make_unique<Speaker>("hello"); };
  options.settled = [] { return false; };
  const SimulationResult result = RunSimulation(options);
  EXPECT_EQ(result.failure, SimFailure::kSettled);
  EXPECT_THAT(std::string(result.status.message()),
              AllOf(HasSubstr("settled: "), HasSubstr("all queues are empty")));
}

TEST(Failure, OfRestSaysWhoseQueueIsNotEmpty) {
  // Server 2 takes nothing.
  class Deaf : public Handler {
   public:
    void OnStart(Context& context) override { context.Stop(); }
    void OnEnvelope(Context&, const Received&) override {}
  };
  SimulationOptions options = Quick();
  options.handlers = [](Pid pid) -> std::unique_ptr<Handler> {
    if (pid == 2) return std::make_unique<Deaf>();
    return std::make_unique<Speaker>("hello");
  };
  const SimulationResult result = RunSimulation(options);
  EXPECT_EQ(result.failure, SimFailure::kRest);
  EXPECT_THAT(std::string(result.status.message()),
              AllOf(HasSubstr("rest: "), HasSubstr("its queue to server 2 has"),
                    HasSubstr("bytes of server 1 that were not taken")));
}

// ---- Hooks ------------------------------------------------------------------

TEST(OnSettle, ComesOnceWhenTheFaultsAreOver) {
  bool quiet = false;
  int calls = 0;
  class Chatter : public Speaker {
   public:
    explicit Chatter(const bool* quiet)
        : Speaker("hello", absl::Milliseconds(10)), quiet_(*quiet) {}
    void OnTimer(Context& context, int timer) override {
      if (!quiet_) Speaker::OnTimer(context, timer);
    }

   private:
    const bool& quiet_;
  };
  SimControl control;
  absl::Duration at;
  SimulationOptions options = Quick();
  options.control = &control;
  options.handlers = [&](Pid) { return std::make_unique<Chatter>(&quiet); };
  options.on_settle = [&] {
    quiet = true;
    ++calls;
    at = control.now();
  };
  // Not before they are quiet are their queues empty for good.
  EXPECT_EQ(RunSimulation(options).status, absl::OkStatus());
  EXPECT_EQ(calls, 1);
  EXPECT_GE(at, options.fault_time);
}

// Counts each life on its disk, and crashes in the middle of a sentence.
class Mortal : public Handler {
 public:
  Mortal(Pid pid, bool flushes, SimControl* control)
      : pid_(pid), flushes_(flushes), control_(*control) {}
  void OnStart(Context& context) override {
    EXPECT_EQ(context.TrySend(kBroadcast, "before").status(), absl::OkStatus());
    context.SetTimer(1, absl::Milliseconds(50));
  }
  void OnTimer(Context& context, int) override {
    EXPECT_FALSE(dead_);
    SimDisk& disk = control_.disk(pid_);
    int lives = 0;
    const std::string before = disk.Read("lives").value_or("0");
    EXPECT_TRUE(absl::SimpleAtoi(before, &lives));
    if (lives >= 5) return;
    disk.Write("lives", absl::StrCat(lives + 1));
    if (flushes_) disk.Flush();
    control_.Crash(pid_);
    dead_ = true;
    // All this comes too late.
    EXPECT_EQ(context.TrySend(kBroadcast, "after").status().code(),
              absl::StatusCode::kFailedPrecondition);
    disk.Write("lives", "100");
    disk.Flush();
    context.SetTimer(1, absl::ZeroDuration());
  }
  void OnEnvelope(Context&, const Received& got) override {
    EXPECT_FALSE(dead_);
    EXPECT_EQ(got.msg(), "before");
  }

 private:
  const Pid pid_;
  const bool flushes_;
  SimControl& control_;
  bool dead_ = false;
};

SimulationResult RunMortals(bool flushes, SimControl* control) {
  SimulationOptions options = Quick();
  options.fault_time = absl::Seconds(30);
  options.settle_time = absl::Seconds(30);
  options.weights = NoFaults();
  options.control = control;
  options.handlers = [&](Pid pid) {
    return std::make_unique<Mortal>(pid, flushes, control);
  };
  return RunSimulation(options);
}

TEST(SimControlTest, CrashesAServerInTheMiddleOfACall) {
  SimControl control;
  const SimulationResult result = RunMortals(/*flushes=*/true, &control);
  EXPECT_EQ(result.status, absl::OkStatus());
  EXPECT_EQ(result.crashes, 3 * 5u);
  for (Pid pid : {1, 2, 3}) EXPECT_EQ(control.disk(pid).Read("lives"), "5");
}

TEST(SimControlTest, LosesWhatWasNotFlushedNowAndThen) {
  SimControl control;
  const SimulationResult result = RunMortals(/*flushes=*/false, &control);
  // Some of the five counts were lost, and the life was lived again.
  EXPECT_GT(result.crashes, 3 * 5u);
}

// From a hook, as from a client: the handler has no timer that would bring it a
// turn.
TEST(SimControlTest, PostsToTheHandlerOfAServerAtTheSameMoment) {
  SimControl control;
  SimulationOptions options = Quick();
  options.weights = NoFaults();
  options.control = &control;
  options.handlers = [](Pid) { return std::make_unique<Speaker>("x"); };
  int posted = 0, called = 0;
  absl::Duration waited;
  options.invariant = [&] {
    if (posted == 0 && control.now() >= absl::Seconds(1)) {
      posted += control.Post(2, [&, at = control.now()](Context& context) {
        ++called;
        waited = context.now() - at;
        EXPECT_EQ(context.pid(), 2);
      });
      EXPECT_FALSE(control.Post(4, [](Context&) { FAIL(); })) << "no such pid";
    }
    return absl::OkStatus();
  };
  EXPECT_EQ(RunSimulation(options).status, absl::OkStatus());
  EXPECT_EQ(posted, 1);
  EXPECT_EQ(called, 1);
  EXPECT_LT(waited, absl::Milliseconds(1));
}

TEST(SimControlTest, DoesNothingOutsideOfARun) {
  SimControl control;
  control.Crash(1);
  EXPECT_FALSE(control.Post(1, [](Context&) { FAIL(); }));
  EXPECT_EQ(control.now(), absl::ZeroDuration());
}

}  // namespace
}  // namespace raft_cluster::internal
