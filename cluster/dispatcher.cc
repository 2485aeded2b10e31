#include "raft/cluster/dispatcher.h"

#include <algorithm>
#include <utility>

#include "raft/base/assert.h"
#include "raft/cluster/conversions.h"

namespace raft_cluster::internal {

absl::Status Dispatcher::Turn(absl::Duration timeout) {
  RAFT_ASSERT(!stopped());
  if (!started_) {
    started_ = true;
    handler_.OnStart(*this);
    return absl::OkStatus();
  }
  // A timer and an envelope at most, the latter without a wait if there was a
  // timer: timers that are always due keep no envelope out.
  bool called = false;
  if (const auto timer = timers_.PopDue(now())) {
    if (pump_.interrupted()) return Interrupted();
    called = true;
    handler_.OnTimer(*this, *timer);
    if (stopped_) return absl::OkStatus();
  }
  Pump::Next next;
  const absl::Status status = pump_.ReceiveNext(
      called ? absl::ZeroDuration() : std::min(timeout, timers_.Next() - now()),
      &next);
  if (next.event.has_value()) {
    NoteEvent(*next.event);
    handler_.OnEvent(*this, *next.event);
  } else if (next.received.has_value()) {
    NoteDelivery(*next.received);
    handler_.OnEnvelope(*this, ToReceived(*std::move(next.received)));
  } else if (next.post) {
    next.post(*this);
  } else if (!called || !absl::IsDeadlineExceeded(status)) {
    return status;
  }
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal
