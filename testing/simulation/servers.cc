#include "raft/testing/simulation/servers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kEpochUs = 1700000000000000;
constexpr uint64_t kSetBackUs = 3600000000;

}  // namespace

SimServers::SimServers(const SimWorld* world, SimControl* control,
                       SimTrace* trace)
    : world_(*world),
      control_(control),
      trace_(*trace),
      disk_random_(StreamOf(world->seed, SimStream::kDisk)),
      lives_(static_cast<size_t>(world->servers) + 1),
      clock_behind_(lives_.size()),
      places_(lives_.size()) {}

void SimServers::StartServer(Pid pid) {
  const int number = ++lives_[static_cast<size_t>(pid)];
  // Now and then the clock has been set back, if no older life can wake up.
  SplitMix64 random = StreamOf(world_.seed, SimStream::kClock, pid, number);
  uint64_t& behind = clock_behind_[static_cast<size_t>(pid)];
  const bool set_back = random.Chance(0.1) && number > 1 && Lives(pid) == 0;
  behind = set_back ? kSetBackUs : 0;
  const uint64_t clock =
      kEpochUs + static_cast<uint64_t>(world_.network->now()) - behind;
  trace_.Note(absl::StrCat("start ", pid, ".", number));
  SimProcess::Observer* const observer = &trace_;
  processes_.push_back(std::make_unique<SimProcess>(
      world_, ServerLife{pid, number}, clock, places_[static_cast<size_t>(pid)],
      observer));
}

void SimServers::CrashServer(Pid pid) {
  SimProcess* process = Newest(pid);
  if (process == nullptr) return;
  ++counts_.crashes;
  trace_.Note(absl::StrCat("crash ", pid));
  Remove(process);
  CrashDisk(pid);
  if (control_ != nullptr) control_->disk(pid).Restart();
}

bool SimServers::KillServer(Pid pid) {
  // Of two lives the one that asks.
  SimProcess* const process =
      acting_ != nullptr && acting_->life().pid == pid ? acting_ : Newest(pid);
  if (process == nullptr || process->killed()) return false;
  ++counts_.crashes;
  trace_.Note(absl::StrCat("kill ", pid));
  process->Kill();
  CrashDisk(pid);
  return true;
}

void SimServers::Bury() {
  for (size_t i = 0; i < processes_.size();) {
    SimProcess* const process = processes_[i].get();
    if (!process->killed()) {
      ++i;
      continue;
    }
    const Pid pid = process->life().pid;
    Remove(process);
    if (control_ != nullptr) control_->disk(pid).Restart();
  }
}

void SimServers::CrashDisk(Pid pid) {
  if (control_ != nullptr) control_->disk(pid).Crash(&disk_random_);
}

void SimServers::PauseServer(Pid pid) {
  if (SimProcess* process = Newest(pid)) {
    ++counts_.pauses;
    trace_.Note(absl::StrCat("pause ", pid));
    process->Pause();
  }
}

void SimServers::ResumeServer(Pid pid) {
  for (const auto& process : processes_) {
    if (process->life().pid == pid && process->paused()) {
      trace_.Note(absl::StrCat("resume ", pid, ".", process->life().number));
      process->Resume();
    }
  }
}

void SimServers::TwinServer(Pid pid) {
  SimProcess* const newest = Newest(pid);
  if (newest == nullptr) return;
  // By a clock that was set back nobody can tell a successor from a former
  // life: one that was paused before it met anyone would become the newest.
  if (clock_behind_[static_cast<size_t>(pid)] > 0 && !newest->HasMetAnyone()) {
    return;
  }
  ++counts_.twins;
  PauseServer(pid);
  StartServer(pid);
}

void SimServers::LeaveServer(Pid pid) {
  SimProcess* process = Newest(pid);
  if (process == nullptr || process->paused()) return;
  ++counts_.leaves;
  trace_.Note(absl::StrCat("leave ", pid));
  process->BeginLeave();
}

void SimServers::ReloadServer(Pid pid, Pid peer, SimPlace place) {
  SimPlaces& places = places_[static_cast<size_t>(pid)];
  if (place == SimPlace::kThere) {
    places.erase(peer);
  } else {
    places[peer] = place;
  }
  // Who does not run now reads it when it starts.
  SimProcess* const process = Newest(pid);
  if (process == nullptr || process->paused() || process->killed() ||
      process->leaving()) {
    return;
  }
  ++counts_.reloads;
  constexpr absl::string_view kWhere[] = {"there", "gone", "elsewhere"};
  trace_.Note(absl::StrCat("reload ", pid, ": ", peer, " is ",
                           kWhere[static_cast<size_t>(place)]));
  process->Reload(places);
}

bool SimServers::Post(Pid pid, std::function<void(Context&)> function) {
  SimProcess* const process = Newest(pid);
  if (process == nullptr || process->killed()) return false;
  if (!process->pump().Post(std::move(function)).ok()) return false;
  trace_.Note(absl::StrCat("post ", pid));
  process->Wake();
  return true;
}

void SimServers::Revive() {
  for (SimPlaces& places : places_) places.clear();
  for (Pid pid = 1; pid <= world_.servers; ++pid) {
    ResumeServer(pid);
    SimProcess* newest = Newest(pid);
    if (newest != nullptr && newest->superseded()) {
      Remove(newest);
      newest = nullptr;
    }
    if (newest == nullptr) StartServer(pid);
  }
}

void SimServers::Settle() {
  for (const auto& process : processes_) {
    if (process->leaving()) continue;
    if (!process->places().empty()) process->Reload({});
    process->Settle();
  }
}

Micros SimServers::Next() const {
  Micros next = kNever;
  for (const auto& process : processes_) {
    next = std::min(next, process->Next());
  }
  return next;
}

absl::Status SimServers::Act() {
  for (size_t i = 0; i < processes_.size(); ++i) {
    SimProcess& process = *processes_[i];
    if (process.Next() > world_.network->now()) continue;
    acting_ = &process;
    process.Act();
    acting_ = nullptr;
    if (!process.leaving() || process.killed() || !process.ReadyToLeave()) {
      continue;
    }
    const absl::Status status = FinishLeave(&process);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SimServers::FinishLeave(SimProcess* process) {
  const Pid pid = process->life().pid;
  const absl::Status status = process->FinishLeave();
  trace_.Note(absl::StrCat("left ", pid, ": ", status.ToString()));
  Remove(process);
  // For peers that are gone it may.
  if (status.ok() || absl::IsUnavailable(status)) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("the leave of server ", pid,
                   " was ready and left something behind: ", status.message()));
}

void SimServers::Wake(const Transport* transport) {
  if (transport == nullptr) return;
  for (const auto& process : processes_) {
    if (process->transport() == transport) process->Wake();
  }
}

absl::Status SimServers::Check() {
  absl::Status status;
  for (const auto& process : processes_) status.Update(process->Check());
  return status;
}

std::string SimServers::Unrest() {
  std::string text;
  for (Pid pid = 1; pid <= world_.servers; ++pid) {
    // Of a former life, nothing is expected any more.
    SimProcess* const newest = Newest(pid);
    absl::StrAppend(&text, newest != nullptr ? newest->Unrest()
                                             : absl::StrCat("\n  server ", pid,
                                                            " does not run"));
  }
  return text;
}

void SimServers::WriteAccounts() {
  for (const auto& process : processes_) {
    process->WriteAccount();
    counts_.accepted += process->accepted();
    counts_.taken += process->taken();
  }
}

void SimServers::Remove(SimProcess* process) {
  counts_.accepted += process->accepted();
  counts_.taken += process->taken();
  processes_.erase(
      std::find_if(processes_.begin(), processes_.end(),
                   [&](const auto& other) { return other.get() == process; }));
}

int SimServers::Lives(Pid pid) const {
  return static_cast<int>(std::count_if(
      processes_.begin(), processes_.end(),
      [&](const auto& process) { return process->life().pid == pid; }));
}

SimProcess* SimServers::Newest(Pid pid) {
  SimProcess* newest = nullptr;
  for (const auto& process : processes_) {
    if (process->life().pid == pid &&
        (newest == nullptr || newest->life().number < process->life().number)) {
      newest = process.get();
    }
  }
  return newest;
}

}  // namespace raft_cluster::internal
