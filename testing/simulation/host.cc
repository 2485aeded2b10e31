#include "raft/testing/simulation/host.h"

#include <algorithm>
#include <utility>

#include "absl/types/optional.h"

namespace raft {

SimHost::SimHost(SimProcess* process, std::unique_ptr<Handler> handler)
    : process_(*process), handler_(std::move(handler)) {
  for (Pid pid = 1; pid <= process->world().servers; ++pid) {
    if (pid != process->life().pid) peers_.push_back(pid);
  }
  next_ = process->world().network->now();
}

absl::Duration SimHost::now() const {
  return absl::Microseconds(process_.world().network->now());
}

absl::StatusOr<Receipt> SimHost::TrySend(Pid to, absl::string_view msg,
                                         uint64_t id) {
  absl::StatusOr<Receipt> receipt = process_.pump().Send(
      to, MakeOutgoing(msg, id, to == kBroadcast), absl::ZeroDuration());
  if (receipt.ok()) process_.NoteAccepted(*receipt);
  return receipt;
}

void SimHost::SetTimer(int timer, absl::Duration after) {
  // Virtual time moves on by at least its unit.
  timers_.Set(timer, now() + std::max(after, absl::Microseconds(1)));
}

void SimHost::Wake() { next_ = process_.world().network->now(); }

// As Run() does, until nothing is left to do at this moment.
void SimHost::Act() {
  if (!started_) {
    started_ = true;
    handler_->OnStart(*this);
  }
  bool more = true;
  while (more && !stopped_) {
    more = false;
    if (const auto timer = timers_.PopDue(now())) {
      more = true;
      handler_->OnTimer(*this, *timer);
      if (stopped_) return;
    }
    absl::optional<Received> received;
    absl::optional<Event> event;
    if (!process_.pump()
             .ReceiveNext(absl::ZeroDuration(), &received, &event)
             .ok()) {
      continue;
    }
    more = true;
    if (event.has_value()) {
      process_.NoteEvent(*event);
      handler_->OnEvent(*this, *event);
    } else {
      process_.NoteTaken(*received);
      handler_->OnEnvelope(*this, *received);
    }
  }
  const absl::Duration next = timers_.Next();
  next_ = next == absl::InfiniteDuration() ? kNever
                                           : absl::ToInt64Microseconds(next);
}

}  // namespace raft
