#include "raft/cluster/dispatcher.h"

#include <algorithm>
#include <utility>

#include "absl/types/optional.h"
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
    called = true;
    handler_.OnTimer(*this, *timer);
    if (stopped_) return absl::OkStatus();
  }
  absl::optional<Delivery> delivery;
  absl::optional<Event> event;
  const absl::Status status = pump_.ReceiveNext(
      called ? absl::ZeroDuration() : std::min(timeout, timers_.Next() - now()),
      &delivery, &event);
  if (event.has_value()) {
    NoteEvent(*event);
    handler_.OnEvent(*this, *event);
  } else if (delivery.has_value()) {
    NoteDelivery(*delivery);
    handler_.OnEnvelope(*this, ToReceived(*std::move(delivery)));
  } else if (!called || !absl::IsDeadlineExceeded(status)) {
    return status;
  }
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal
