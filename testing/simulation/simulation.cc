#include "raft/testing/simulation/simulation.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/cluster/engine_options.h"
#include "raft/testing/history.h"
#include "raft/testing/simulation/faults.h"
#include "raft/testing/simulation/host.h"
#include "raft/testing/simulation/load.h"
#include "raft/testing/simulation/servers.h"
#include "raft/testing/simulation/streams.h"
#include "raft/testing/simulation/trace.h"

namespace raft_cluster {
namespace internal {
namespace {

constexpr Micros kCheckInterval = 250000;
constexpr Micros kSettleInterval = 100000;

absl::Status CheckSimulation(const SimulationOptions& options) {
  if (options.servers < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("SimulationOptions::servers is ", options.servers,
                     ", but must be above 0"));
  }
  const FaultWeights& weights = options.weights;
  for (const int weight :
       {weights.weather, weights.cut, weights.partition, weights.clog,
        weights.reset, weights.crash, weights.pause, weights.twin,
        weights.leave, weights.reload}) {
    if (weight >= 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "a weight in SimulationOptions::weights is ", weight, ", below 0"));
  }
  return CheckOptions(options.options);
}

FaultWeights WeightsOf(const SimulationOptions& options) {
  FaultWeights weights = options.weights;
  if (!options.twins) weights.twin = 0;
  return weights;
}

class Simulation {
 public:
  // REQUIRES: CheckSimulation() is OK.
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        draws_(StreamOf(options.seed, SimStream::kOptions)),
        control_random_(StreamOf(options.seed, SimStream::kControl)),
        network_(options.seed, options.servers, draws_.Chance(0.5)),
        trace_(&network_, options.trace),
        world_(MakeWorld()),
        servers_(&world_, options.control, &trace_),
        faults_(options.seed, WeightsOf(options), &network_, options.servers,
                &servers_) {}

  SimulationResult Run() {
    if (options_.control != nullptr) {
      options_.control->Begin(
          [this](Pid pid) { Crash(pid); },
          [this](Pid pid, std::function<void(Context&)> function) {
            return servers_.Post(pid, std::move(function));
          },
          [this] { return absl::Microseconds(network_.now()); });
    }
    for (Pid pid = 1; pid <= options_.servers; ++pid) {
      servers_.StartServer(pid);
    }
    RunUntil(absl::ToInt64Microseconds(options_.fault_time), /*faults=*/true);
    if (result_.status.ok()) Settle();
    servers_.WriteAccounts();
    if (result_.status.ok()) JudgeHistory();
    if (options_.control != nullptr) options_.control->End();
    Count();
    return result_;
  }

 private:
  SimWorld MakeWorld() {
    SimWorld world;
    world.network = &network_;
    world.seed = options_.seed;
    world.history = &history_;
    world.servers = options_.servers;
    world.transport = options_.transport;
    world.application = [this](SimProcess* process) {
      return NewApplication(process);
    };
    ApplyOptions(options_.options, &world.engine);
    if (options_.draw_options) DrawOptions(&world.engine);
    // The transport says so too, and the link has to know.
    world.engine.link.fifo = network_.fifo();
    return world;
  }

  void DrawOptions(EngineOptions* engine) {
    LinkOptions* const link = &engine->link;
    constexpr uint64_t kMaxEnvelope[] = {256, 4096, 30000, 300000};
    link->max_envelope_bytes = kMaxEnvelope[draws_.Below(4)];
    const uint64_t least = link->max_envelope_bytes + kEnvelopeOverhead;
    link->link_budget_bytes = least + draws_.Below(65536);
    link->inbox_budget_bytes = least + draws_.Below(65536);
    // From less than the queue to one peer may have to far more than all need.
    engine->total_budget_bytes = least + draws_.Below(uint64_t{1} << 19);
    link->void_on_restart = draws_.Chance(0.3);
    trace_.Note(absl::StrCat("drawn: max_envelope_bytes ",
                             link->max_envelope_bytes, ", link_budget_bytes ",
                             link->link_budget_bytes, ", inbox_budget_bytes ",
                             link->inbox_budget_bytes, ", total_budget_bytes ",
                             engine->total_budget_bytes, ", on_restart ",
                             link->void_on_restart ? "kVoid" : "kResend"));
  }

  std::unique_ptr<SimApplication> NewApplication(SimProcess* process) {
    if (!options_.handlers) return std::make_unique<SimLoad>(process);
    return std::make_unique<SimHost>(process,
                                     options_.handlers(process->life().pid));
  }

  void RunUntil(Micros end, bool faults) {
    Micros next_check = 0;
    while (result_.status.ok()) {
      Micros next = std::min(network_.NextArrival(), servers_.Next());
      if (faults) next = std::min(next, faults_.Next());
      if (next > end) break;
      network_.clock().Set(std::max(next, network_.now()));
      if (faults && faults_.Next() <= network_.now()) faults_.Act();
      while (network_.NextArrival() <= network_.now()) {
        servers_.Wake(network_.Deliver());
      }
      for (Transport* transport : network_.TakeWoken()) {
        servers_.Wake(transport);
      }
      FailUnless(servers_.Act(), SimFailure::kContract);
      if (options_.invariant) {
        FailUnless(options_.invariant(), SimFailure::kInvariant);
      }
      servers_.Bury();
      if (network_.now() >= next_check) {
        next_check = network_.now() + kCheckInterval;
        FailUnless(servers_.Check(), SimFailure::kContract);
      }
    }
    network_.clock().Set(std::max(end, network_.now()));
  }

  // Asked for by a hook.
  void Crash(Pid pid) {
    if (!servers_.KillServer(pid)) return;
    faults_.StartLater(pid, control_random_.Between(1000, 3000000));
  }

  // No more faults: within the settle time everything that was accepted by the
  // lives that go on must be taken.
  void Settle() {
    trace_.Note("settle");
    faults_.Stop();
    if (options_.on_settle) options_.on_settle();
    const Micros end =
        network_.now() + absl::ToInt64Microseconds(options_.settle_time);
    while (result_.status.ok() && network_.now() < end) {
      servers_.Bury();
      servers_.Revive();
      servers_.Settle();
      RunUntil(network_.now() + kSettleInterval, /*faults=*/false);
      if (options_.settled ? options_.settled() : servers_.Unrest().empty()) {
        return;
      }
    }
    if (!result_.status.ok()) return;
    const std::string unrest = servers_.Unrest();
    const std::string after = absl::StrCat(
        absl::FormatDuration(options_.settle_time), " after the last fault",
        unrest.empty() ? "; all queues are empty" : ":", unrest);
    if (options_.settled) {
      Fail(SimFailure::kSettled, absl::StrCat("it is not so ", after));
    } else {
      Fail(SimFailure::kRest, absl::StrCat("there is no rest ", after));
    }
  }

  void JudgeHistory() {
    if (options_.handlers) return;  // Their envelopes' ids are their own.
    const Verdict verdict = history_.Judge(world_.engine.link.void_on_restart
                                               ? History::OnRestart::kVoid
                                               : History::OnRestart::kResend);
    if (verdict.ok()) return;
    std::ostringstream text;
    text << verdict;
    Fail(SimFailure::kContract, text.str());
  }

  void FailUnless(const absl::Status& status, SimFailure failure) {
    if (!status.ok()) Fail(failure, status.message());
  }

  // The first failure is the one that counts.
  void Fail(SimFailure failure, absl::string_view why) {
    if (!result_.status.ok()) return;
    result_.failure = failure;
    result_.status = absl::InternalError(
        absl::StrCat("seed ", options_.seed, " at ", network_.now(),
                     " us: ", NameOf(failure), ": ", why));
  }

  static absl::string_view NameOf(SimFailure failure) {
    switch (failure) {
      case SimFailure::kInvariant:
        return "invariant";
      case SimFailure::kSettled:
        return "settled";
      case SimFailure::kRest:
        return "rest";
      default:
        return "contract";
    }
  }

  void Count() {
    const SimServers::Counts& counts = servers_.counts();
    result_.accepted = counts.accepted;
    result_.taken = counts.taken;
    result_.crashes = counts.crashes;
    result_.pauses = counts.pauses;
    result_.twins = counts.twins;
    result_.leaves = counts.leaves;
    result_.reloads = counts.reloads;
    result_.simulated = absl::Microseconds(network_.now());
    result_.network = network_.counts();
    result_.partitions = faults_.partitions();
    result_.clogs = faults_.clogs();
    result_.trace_hash = trace_.hash();
  }

  const SimulationOptions options_;
  SplitMix64 draws_;
  SplitMix64 control_random_;
  SimNetwork network_;
  SimTrace trace_;
  History history_;
  SimWorld world_;
  SimServers servers_;
  SimFaultSchedule faults_;
  SimulationResult result_;
};

}  // namespace
}  // namespace internal

SimulationResult RunSimulation(const SimulationOptions& options) {
  const absl::Status status = internal::CheckSimulation(options);
  if (status.ok()) return internal::Simulation(options).Run();
  SimulationResult result;
  result.status = status;
  result.failure = SimFailure::kOptions;
  return result;
}

absl::Status Simulate(SimulationOptions options,
                      std::function<std::unique_ptr<Handler>(Pid)> handlers) {
  options.handlers = std::move(handlers);
  return RunSimulation(options).status;
}

}  // namespace raft_cluster
