#include "raft/testing/simulation/process.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/testing/ledger.h"

namespace raft_cluster::internal {

SimProcess::SimProcess(const SimWorld& world, ServerLife life,
                       uint64_t start_us, SimPlaces places, Observer* observer)
    : world_(world),
      life_(life),
      observer_(observer),
      places_(std::move(places)) {
  EngineOptions options = world.engine;
  options.link.self = life.pid;
  options.link.self_url = absl::StrCat("sim://", life.pid);
  SplitMix64 random = NewStream(SimStream::kProcess);
  options.life = {start_us, random.Next() | 1};
  options.seed = random.Next();
  const Membership membership = MembershipOf(places_);
  options.peers = membership.peers;
  options.link.config_digest = membership.config_digest;
  std::unique_ptr<Transport> transport = world.network->Open(life.pid);
  transport_ = transport.get();
  if (world.transport) {
    transport = world.transport(life.pid, std::move(transport));
  }
  const Micros now = world.network->now();
  pump_ = std::make_unique<Pump>(std::move(transport), options,
                                 world.network->clock());
  pump_->Connect().IgnoreError();
  next_step_ = now;
  application_ = world.application(this);
  MembershipChange change;
  for (const auto& [pid, place] : places_) {
    if (place == SimPlace::kGone) change.removed.push_back(pid);
  }
  application_->OnReload(change);
}

Membership SimProcess::MembershipOf(const SimPlaces& places) const {
  Membership membership;
  for (Pid pid = 1; pid <= world_.servers; ++pid) {
    if (pid == life_.pid) continue;
    const auto found = places.find(pid);
    const SimPlace place =
        found == places.end() ? SimPlace::kThere : found->second;
    membership.config_digest =
        3 * membership.config_digest + static_cast<uint64_t>(place);
    if (place == SimPlace::kGone) continue;
    // Elsewhere there is somebody who is not that peer: this server itself.
    Url url;
    url.scheme = "sim";
    url.address = absl::StrCat(place == SimPlace::kElsewhere ? life_.pid : pid);
    membership.peers.push_back({pid, url});
  }
  return membership;
}

void SimProcess::Reload(const SimPlaces& places) {
  MembershipChange change;
  const absl::Status status = pump_->Reload(MembershipOf(places), {}, &change);
  // One that was superseded, or is closing, has nobody to tell.
  if (!status.ok()) return;
  places_ = places;
  application_->OnReload(change);
  Wake();
}

SimProcess::~SimProcess() {
  if (pump_ != nullptr) Destroy();
}

void SimProcess::Kill() {
  killed_ = true;
  application_->Halt();
  if (transport_ != nullptr) world_.network->Kill(transport_);
}

void SimProcess::Destroy() {
  // One that has left has closed it.
  if (transport_ != nullptr) world_.network->Kill(transport_);
  transport_ = nullptr;
  application_.reset();
  pump_.reset();
}

Micros SimProcess::Next() const {
  if (paused_ || killed_) return kNever;
  if (leaving_) return next_step_;
  return std::min(next_step_, application_->Next());
}

void SimProcess::Act() {
  const Micros now = world_.network->now();
  pump_->Step();
  if (!leaving_ && !killed_) application_->Act();
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

void SimProcess::NoteSent(Pid to, uint64_t id, absl::string_view msg,
                          const Acceptance& receipt) {
  accepted_ += static_cast<uint64_t>(receipt.accepted);
  observer_->OnSent(*this, to, id, msg, receipt);
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

std::string SimProcess::Unrest() {
  std::string text;
  const auto say = [&](const auto&... what) {
    absl::StrAppend(&text, "\n  server ", life_.pid, " (life ", life_.number,
                    paused_ ? ", paused" : "", "): ", what...);
  };
  if (leaving_) say("it is still leaving");
  if (superseded_) say("it is superseded");
  const Stats stats = pump_->GetStats();
  for (const PeerStats& peer : stats.peers()) {
    const std::string state = PeerStats::State_Name(peer.state());
    if (peer.ledger().in_flight() > 0) {
      say("its queue to server ", peer.pid(), " has ",
          peer.ledger().in_flight(), " envelopes, ", peer.queued_bytes(),
          " bytes, not known to be taken; the peer is ", state);
    }
    if (peer.inbox_bytes() > 0) {
      say("its inbox has ", peer.inbox_bytes(), " bytes of server ", peer.pid(),
          " that were not taken");
    }
  }
  return text;
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
    if (peer.queued_bytes() + peer.inbox_bytes() > stats.total_bytes()) {
      return absl::InternalError(absl::StrCat(
          "of all that is held, ", stats.total_bytes(), " bytes, one peer has ",
          "more: ", peer.ShortDebugString()));
    }
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

}  // namespace raft_cluster::internal
