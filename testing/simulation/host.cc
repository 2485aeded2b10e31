#include "raft/testing/simulation/host.h"

#include <algorithm>
#include <utility>

#include "raft/cluster/conversions.h"

namespace raft_cluster::internal {

SimHost::SimHost(SimProcess* process, std::unique_ptr<Handler> handler)
    : Dispatcher(handler.get(), &process->pump()),
      process_(*process),
      random_(process->NewStream(SimStream::kApplication)),
      owned_handler_(std::move(handler)) {
  next_ = process->world().network->now();
}

absl::Duration SimHost::now() const {
  return absl::Microseconds(process_.world().network->now());
}

absl::StatusOr<Receipt> SimHost::TrySend(Pid to, absl::string_view msg,
                                         uint64_t id, SendWhen when) {
  if (process_.killed()) {
    return absl::FailedPreconditionError("the server has crashed");
  }
  const absl::StatusOr<Acceptance> accepted = process_.pump().Send(
      to, MakeOutgoing(msg, id, to == kBroadcast), absl::ZeroDuration(),
      /*only_live=*/when == SendWhen::kLive);
  if (accepted.ok()) process_.NoteSent(to, id, msg, *accepted);
  return ToReceipt(accepted);
}

void SimHost::SetTimer(int timer, absl::Duration after) {
  // Virtual time moves on by at least its unit.
  Dispatcher::SetTimer(timer, std::max(after, absl::Microseconds(1)));
}

void SimHost::Wake() { next_ = process_.world().network->now(); }

// Until nothing is left to do at this moment.
void SimHost::Act() {
  while (!stopped() && Turn(absl::ZeroDuration()).ok()) {
  }
  const absl::Duration next = NextTimer();
  next_ = next == absl::InfiniteDuration() ? kNever
                                           : absl::ToInt64Microseconds(next);
}

}  // namespace raft_cluster::internal
