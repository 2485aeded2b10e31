#include "raft/testing/simulation/load.h"

#include <algorithm>
#include <utility>

namespace raft_cluster::internal {
namespace {

constexpr int kMaxSends = 400;
constexpr Micros kSettlePace = 2000;

}  // namespace

SimLoad::SimLoad(SimProcess* process)
    : process_(*process),
      random_(process->NewStream(SimStream::kApplication)),
      sent_(process->world().history->AddSender(process->life())),
      took_(process->world().history->AddReceiver(process->life())),
      sends_left_(kMaxSends) {
  next_send_ = next_take_ = next_change_ = now();
}

Micros SimLoad::Next() const {
  return std::min({next_send_, next_take_, next_change_});
}

void SimLoad::Act() {
  for (;;) {
    const absl::StatusOr<Event> event =
        process_.pump().NextEvent(absl::ZeroDuration());
    if (!event.ok()) break;
    process_.NoteEvent(*event);
  }
  if (now() >= next_change_) ChangePaces();
  if (now() >= next_send_) Send();
  if (now() >= next_take_) Take();
}

void SimLoad::Wake() {
  if (next_take_ == kNever) next_take_ = now() + take_pace_;
}

// Logarithmic, so that every order of magnitude has its share.
Micros SimLoad::Pace(Micros fastest, Micros slowest) {
  Micros pace = fastest;
  while (pace < slowest && random_.Chance(0.75)) pace *= 2;
  return random_.Between(pace, 2 * pace);
}

void SimLoad::ChangePaces() {
  send_pace_ = settling_ ? kNever : Pace(100, 500000);
  take_pace_ = settling_ ? kSettlePace : Pace(50, 1000000);
  next_change_ = settling_ ? kNever : now() + random_.Between(100000, 3000000);
  next_send_ = settling_ ? kNever : now() + send_pace_;
  next_take_ = now() + take_pace_;
}

void SimLoad::OnReload(const MembershipChange& change) {
  const auto note = [this](const std::vector<Pid>& pids, MembershipMark mark) {
    for (const Pid pid : pids) {
      sent_.Changed(pid, mark);
      took_.Changed(pid, mark);
    }
  };
  note(change.removed, MembershipMark::kRemoved);
  note(change.added, MembershipMark::kAdded);
  note(change.moved, MembershipMark::kMoved);
}

void SimLoad::Settle() {
  if (settling_) return;
  settling_ = true;
  next_change_ = now();
}

std::string SimLoad::NewMessage(uint64_t id) {
  size_t most = 200;
  if (random_.Chance(0.05)) most = 20000;
  if (random_.Chance(0.01)) most = 300000;
  most =
      std::min<size_t>(most, process_.world().engine.link.max_envelope_bytes);
  return std::string(random_.Below(most + 1), static_cast<char>('a' + id % 26));
}

void SimLoad::Send() {
  next_send_ = --sends_left_ > 0 ? now() + send_pace_ : kNever;
  Pid to = kBroadcast;
  if (random_.Chance(0.7)) {
    to = static_cast<Pid>(
        1 + random_.Below(static_cast<uint64_t>(process_.world().servers)));
    if (to == process_.life().pid) return;
  }
  const uint64_t id = process_.world().history->NextId();
  const std::string msg = NewMessage(id);
  absl::StatusOr<Acceptance> receipt = process_.pump().Send(
      to, MakeOutgoing(msg, id, to == kBroadcast), absl::ZeroDuration());
  if (!receipt.ok()) receipt = Acceptance();
  sent_.Sent(to, id, msg, receipt->accepted, receipt->skipped);
  process_.NoteSent(to, id, msg, *receipt);
}

void SimLoad::Take() {
  next_take_ = now() + take_pace_;
  const size_t limit = settling_ ? 10000 : 1 + random_.Below(50);
  absl::StatusOr<size_t> count =
      process_.pump().Receive(absl::ZeroDuration(), limit, [&](Delivery got) {
        took_.Took(got.from, got.to, got.id, got.msg, got.incarnation);
        process_.NoteTaken(got);
      });
  // Of an empty inbox nothing comes until something arrives.
  if (!count.ok() || *count < limit) next_take_ = kNever;
}

}  // namespace raft_cluster::internal
