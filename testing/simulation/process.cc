#include "raft/testing/simulation/process.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/testing/ledger.h"

namespace raft_cluster::internal {

SimProcess::SimProcess(const SimWorld& world, ServerLife life,
                       uint64_t start_us, Observer* observer)
    : world_(world), life_(life), observer_(observer) {
  EngineOptions options = world.engine;
  options.link.self = life.pid;
  options.link.self_url = absl::StrCat("sim://", life.pid);
  options.life = {start_us, world.random->Next() | 1};
  options.seed = world.random->Next();
  for (Pid pid = 1; pid <= world.servers; ++pid) {
    if (pid == life.pid) continue;
    Url url;
    url.scheme = "sim";
    url.address = absl::StrCat(pid);
    options.peers.push_back({pid, url});
  }
  std::unique_ptr<Transport> transport = world.network->Open(life.pid);
  transport_ = transport.get();
  const Micros now = world.network->now();
  pump_ = std::make_unique<Pump>(std::move(transport), options,
                                 world.network->clock());
  pump_->Connect().IgnoreError();
  next_step_ = now;
  application_ = world.application(this);
}

SimProcess::~SimProcess() {
  if (pump_ != nullptr) Crash();
}

void SimProcess::Crash() {
  // One that has left has closed it.
  if (transport_ != nullptr) world_.network->Kill(transport_);
  transport_ = nullptr;
  application_.reset();
  pump_.reset();
}

Micros SimProcess::Next() const {
  if (paused_) return kNever;
  if (leaving_) return next_step_;
  return std::min(next_step_, application_->Next());
}

void SimProcess::Act() {
  const Micros now = world_.network->now();
  pump_->Step();
  if (!leaving_) application_->Act();
  next_step_ = std::max(pump_->Deadline(), now + 1);
}

void SimProcess::Wake() {
  next_step_ = std::min(next_step_, world_.network->now());
  application_->Wake();
}

void SimProcess::Resume() {
  paused_ = false;
  Wake();
}

void SimProcess::NoteTaken(const Delivery& got) {
  ++taken_;
  observer_->OnTaken(*this, got);
}

void SimProcess::NoteEvent(const Event& event) {
  if (event.kind() == Event::SUPERSEDED) superseded_ = true;
  observer_->OnEvent(*this, event);
}

void SimProcess::BeginLeave() {
  leaving_ = true;
  pump_->BeginClose();
  Wake();
}

absl::Status SimProcess::FinishLeave() {
  absl::Status status = pump_->Close(absl::ZeroDuration());
  transport_ = nullptr;
  WriteAccount();
  return status;
}

bool SimProcess::AtRest() {
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    if (peer.ledger().in_flight() > 0 || peer.inbox_bytes() > 0) return false;
  }
  return true;
}

bool SimProcess::HasMetAnyone() {
  const Stats stats = pump_->GetStats();
  return std::any_of(
      stats.peers().begin(), stats.peers().end(),
      [](const PeerStats& peer) { return peer.has_incarnation(); });
}

absl::Status SimProcess::Check() {
  const LinkOptions& link = world_.engine.link;
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    if (peer.inbox_bytes() > link.inbox_budget_bytes) {
      return absl::InternalError(absl::StrCat(
          "the inbox is beyond its window: ", peer.ShortDebugString()));
    }
    if (peer.queued_bytes() > link.link_budget_bytes &&
        peer.ledger().in_flight() > 1) {
      return absl::InternalError(absl::StrCat(
          "the queue is beyond its budget: ", peer.ShortDebugString()));
    }
  }
  return CheckLedgers(stats);
}

void SimProcess::WriteAccount() {
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    world_.history->SetAccount(
        life_, peer.pid(), {peer.ledger().accepted(), peer.ledger().taken()});
  }
}

std::string SimProcess::Describe() {
  std::string text =
      absl::StrCat(life_.pid, ".", life_.number, paused_ ? " paused" : "",
                   superseded_ ? " superseded" : "", ":");
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    absl::StrAppend(&text, "\n    ", peer.ShortDebugString());
  }
  return text;
}

}  // namespace raft_cluster::internal
