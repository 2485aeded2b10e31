#include "raft/testing/simulation/simulation.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "raft/testing/history.h"
#include "raft/testing/simulation/faults.h"
#include "raft/testing/simulation/host.h"
#include "raft/testing/simulation/load.h"
#include "raft/testing/simulation/process.h"

namespace raft_cluster {
namespace internal {
namespace {

constexpr uint64_t kEpochUs = 1700000000000000;
constexpr Micros kCheckInterval = 250000;

class Simulation : private SimProcess::Observer, private SimFaultTarget {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        random_(options.seed),
        network_(random_.Next(), options.servers, random_.Chance(0.5)),
        faults_(&random_, &network_, options.servers, this) {
    world_.network = &network_;
    world_.random = &random_;
    world_.history = &history_;
    world_.servers = options.servers;
    world_.application = [this](SimProcess* process) {
      return NewApplication(process);
    };
    LinkOptions& link = world_.engine.link;
    constexpr uint64_t kMaxEnvelope[] = {256, 4096, 30000, 300000};
    link.max_envelope_bytes = kMaxEnvelope[random_.Below(4)];
    const uint64_t least = link.max_envelope_bytes + kEnvelopeOverhead;
    link.link_budget_bytes = least + random_.Below(65536);
    link.inbox_budget_bytes = least + random_.Below(65536);
    link.void_on_restart = random_.Chance(0.3);
    // The transport says so too, and the link has to know.
    link.fifo = network_.fifo();
    lives_.resize(static_cast<size_t>(options.servers) + 1);
    clock_behind_.resize(lives_.size());
  }

  SimulationResult Run() {
    for (Pid pid = 1; pid <= options_.servers; ++pid) StartServer(pid);
    RunUntil(absl::ToInt64Microseconds(options_.fault_time), /*faults=*/true);
    if (result_.status.ok()) Settle();
    if (result_.status.ok()) JudgeHistory();
    result_.simulated = absl::Microseconds(network_.now());
    result_.network = network_.counts();
    result_.partitions = faults_.partitions();
    result_.clogs = faults_.clogs();
    result_.trace_hash = hash_;
    return result_;
  }

 private:
  std::unique_ptr<SimApplication> NewApplication(SimProcess* process) {
    if (!options_.handlers) return std::make_unique<SimLoad>(process);
    return std::make_unique<SimHost>(process,
                                     options_.handlers(process->life().pid));
  }

  void RunUntil(Micros end, bool faults) {
    Micros next_check = 0;
    while (result_.status.ok()) {
      Micros next = network_.NextArrival();
      for (const auto& process : processes_) {
        next = std::min(next, process->Next());
      }
      if (faults) next = std::min(next, faults_.Next());
      if (next > end) break;
      network_.clock().Set(std::max(next, network_.now()));
      if (faults && faults_.Next() <= network_.now()) faults_.Act();
      while (network_.NextArrival() <= network_.now()) {
        Wake(network_.Deliver());
      }
      for (Transport* transport : network_.TakeWoken()) Wake(transport);
      ActAll();
      CheckInvariant();
      if (network_.now() >= next_check) {
        next_check = network_.now() + kCheckInterval;
        CheckAll();
      }
    }
    network_.clock().Set(std::max(end, network_.now()));
  }

  void ActAll() {
    for (size_t i = 0; i < processes_.size(); ++i) {
      SimProcess& process = *processes_[i];
      if (process.Next() > network_.now()) continue;
      process.Act();
      if (process.leaving() && process.ReadyToLeave()) FinishLeave(&process);
    }
  }

  void CheckInvariant() {
    if (!options_.invariant) return;
    const absl::Status status = options_.invariant();
    if (!status.ok()) Fail(status.message());
  }

  void CheckAll() {
    for (const auto& process : processes_) {
      const absl::Status status = process->Check();
      if (!status.ok()) Fail(status.message());
    }
  }

  void Wake(Transport* transport) {
    if (transport == nullptr) return;
    for (const auto& process : processes_) {
      if (process->transport() == transport) process->Wake();
    }
  }

  // ---- What faults do -------------------------------------------------------

  void StartServer(Pid pid) override {
    const int number = ++lives_[static_cast<size_t>(pid)];
    // Now and then the clock has been set back, if no older life can wake up.
    uint64_t& behind = clock_behind_[static_cast<size_t>(pid)];
    const bool set_back = number > 1 && Lives(pid) == 0 && random_.Chance(0.1);
    behind = set_back ? 3600000000 : 0;
    const uint64_t clock =
        kEpochUs + static_cast<uint64_t>(network_.now()) - behind;
    Trace(absl::StrCat("start ", pid, ".", number));
    SimProcess::Observer* const observer = this;
    processes_.push_back(std::make_unique<SimProcess>(
        world_, ServerLife{pid, number}, clock, observer));
  }

  void CrashServer(Pid pid) override {
    SimProcess* process = Newest(pid);
    if (process == nullptr) return;
    ++result_.crashes;
    Trace(absl::StrCat("crash ", pid));
    Remove(process);
  }

  void PauseServer(Pid pid) override {
    if (SimProcess* process = Newest(pid)) {
      ++result_.pauses;
      Trace(absl::StrCat("pause ", pid));
      process->Pause();
    }
  }

  void ResumeServer(Pid pid) override {
    for (const auto& process : processes_) {
      if (process->life().pid == pid && process->paused()) {
        Trace(absl::StrCat("resume ", pid, ".", process->life().number));
        process->Resume();
      }
    }
  }

  void TwinServer(Pid pid) override {
    SimProcess* const newest = Newest(pid);
    if (!options_.twins || newest == nullptr) return;
    // By a clock that was set back nobody can tell a successor from a former
    // life: one that was paused before it met anyone would become the newest.
    if (clock_behind_[static_cast<size_t>(pid)] > 0 &&
        !newest->HasMetAnyone()) {
      return;
    }
    ++result_.twins;
    PauseServer(pid);
    StartServer(pid);
  }

  void LeaveServer(Pid pid) override {
    SimProcess* process = Newest(pid);
    if (process == nullptr || process->paused()) return;
    ++result_.leaves;
    Trace(absl::StrCat("leave ", pid));
    process->BeginLeave();
  }

  bool Runs(Pid pid) const override { return Lives(pid) > 0; }

  void FinishLeave(SimProcess* process) {
    const absl::Status status = process->FinishLeave();
    Trace(absl::StrCat("left ", process->life().pid, ": ", status.ToString()));
    // For peers that are gone it may.
    if (!status.ok() && !absl::IsUnavailable(status)) {
      Fail("a leave that was ready left something behind");
    }
    Remove(process);
  }

  void Remove(SimProcess* process) {
    result_.accepted += process->accepted();
    result_.taken += process->taken();
    processes_.erase(std::find_if(
        processes_.begin(), processes_.end(),
        [&](const auto& other) { return other.get() == process; }));
  }

  int Lives(Pid pid) const {
    return static_cast<int>(std::count_if(
        processes_.begin(), processes_.end(),
        [&](const auto& process) { return process->life().pid == pid; }));
  }

  // The life that listens.
  SimProcess* Newest(Pid pid) {
    SimProcess* newest = nullptr;
    for (const auto& process : processes_) {
      if (process->life().pid == pid &&
          (newest == nullptr ||
           newest->life().number < process->life().number)) {
        newest = process.get();
      }
    }
    return newest;
  }

  // ---- The end --------------------------------------------------------------

  // No more faults: within the settle time everything that was accepted by the
  // lives that go on must be taken.
  void Settle() {
    Trace("settle");
    faults_.Stop();
    const Micros end =
        network_.now() + absl::ToInt64Microseconds(options_.settle_time);
    while (result_.status.ok() && network_.now() < end) {
      for (Pid pid = 1; pid <= options_.servers; ++pid) {
        ResumeServer(pid);
        SimProcess* newest = Newest(pid);
        if (newest != nullptr && newest->superseded()) {
          Remove(newest);
          newest = nullptr;
        }
        if (newest == nullptr) StartServer(pid);
      }
      for (const auto& process : processes_) {
        if (!process->leaving()) process->Settle();
      }
      RunUntil(network_.now() + 100000, /*faults=*/false);
      if (options_.settled ? options_.settled() : AllAtRest()) return;
    }
    if (!result_.status.ok()) return;
    std::string text = "it does not come to rest:";
    for (const auto& process : processes_) {
      absl::StrAppend(&text, "\n  ", process->Describe());
    }
    Fail(text);
  }

  bool AllAtRest() {
    for (Pid pid = 1; pid <= options_.servers; ++pid) {
      SimProcess* newest = Newest(pid);
      if (newest == nullptr || newest->superseded() || newest->leaving() ||
          !newest->AtRest()) {
        return false;
      }
    }
    return true;
  }

  void JudgeHistory() {
    for (const auto& process : processes_) {
      process->WriteAccount();
      result_.accepted += process->accepted();
      result_.taken += process->taken();
    }
    if (options_.handlers) return;  // Their envelopes' ids are their own.
    const Verdict verdict = history_.Judge(world_.engine.link.void_on_restart
                                               ? History::OnRestart::kVoid
                                               : History::OnRestart::kResend);
    if (verdict.ok()) return;
    std::ostringstream text;
    text << verdict;
    Fail(text.str());
  }

  void Fail(absl::string_view why) {
    result_.status = absl::InternalError(absl::StrCat(
        "seed ", options_.seed, " at ", network_.now(), " us: ", why));
  }

  // ---- What is seen ---------------------------------------------------------

  void OnTaken(const SimProcess& process, const Delivery& got) override {
    Mix(static_cast<uint64_t>(process.life().pid));
    Mix(got.id);
    Mix(static_cast<uint64_t>(network_.now()));
    if (options_.trace == nullptr) return;
    Trace(absl::StrCat(process.life().pid, ".", process.life().number,
                       " takes #", got.id, " of ", got.from));
  }

  void OnEvent(const SimProcess& process, const Event& event) override {
    Mix(static_cast<uint64_t>(event.kind()));
    Mix(static_cast<uint64_t>(network_.now()));
    if (options_.trace == nullptr) return;
    Trace(absl::StrCat(process.life().pid, ".", process.life().number, ": ",
                       event.ShortDebugString()));
  }

  void Trace(absl::string_view what) {
    for (char c : what) Mix(static_cast<uint8_t>(c));
    if (options_.trace == nullptr) return;
    *options_.trace << network_.now() << " " << what << "\n";
  }

  void Mix(uint64_t value) {  // FNV-1a, by words.
    hash_ = (hash_ ^ value) * 0x100000001b3;
  }

  const SimulationOptions options_;
  SplitMix64 random_;
  SimNetwork network_;
  SimFaultSchedule faults_;
  History history_;
  SimWorld world_;
  std::vector<std::unique_ptr<SimProcess>> processes_;
  std::vector<int> lives_;              // By pid: how many there were.
  std::vector<uint64_t> clock_behind_;  // By pid.
  SimulationResult result_;
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace
}  // namespace internal

SimulationResult RunSimulation(const SimulationOptions& options) {
  return internal::Simulation(options).Run();
}

absl::Status Simulate(SimulationOptions options,
                      std::function<std::unique_ptr<Handler>(Pid)> handlers) {
  options.handlers = std::move(handlers);
  return RunSimulation(options).status;
}

}  // namespace raft_cluster
