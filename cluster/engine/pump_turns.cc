// What of Pump is for those who have a handler, or a loop of their own.
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/cluster/engine/pump.h"

namespace raft_cluster::internal {

absl::StatusOr<int> Pump::Fd() {
  MutexLock lock(mu_);
  const absl::StatusOr<int> fd = news_.Open();
  ShowNews();
  return fd;
}

absl::StatusOr<int> Pump::PostsFd() {
  MutexLock lock(mu_);
  const absl::StatusOr<int> fd = posts_.fd.Open();
  posts_.fd.Show(!posts_.waiting.empty());
  return fd;
}

bool Pump::HasNews() const {
  if (!engine_.inbox_empty() || engine_.has_event()) return true;
  // An end is news: a loop that is not told of it would wait for ever. It stays
  // so, since what has ended does not begin again.
  return !engine_.inbox_open() || interrupted_ || state_ >= State::kStopping;
}

PeerStats::State Pump::StateOf(Pid peer) {
  MutexLock lock(mu_);
  return engine_.StateOf(peer);
}

uint64_t Pump::MaxEnvelopeBytes() {
  MutexLock lock(mu_);
  return engine_.max_envelope_bytes();
}

absl::Status Pump::Post(std::function<void(Context&)> function) {
  if (!function) return absl::InvalidArgumentError("there is nothing to call");
  MutexLock lock(mu_);
  const Inside inside(this);
  if (interrupted_) return Interrupted();
  if (!engine_.inbox_open()) return engine_.inbox_status();
  if (posts_.waiting.size() >= kMaxPosts) {
    return absl::ResourceExhaustedError(absl::StrCat(
        kMaxPosts, " posted functions wait for a turn of the handler"));
  }
  posts_.waiting.push_back(std::move(function));
  posts_.fd.Show(true);
  // Whoever runs a handler may be among those that wait, or the leader itself.
  if (waiters_.receivers > 0) waiters_.received.NotifyAll();
  if (sleeper_.quest == Quest::kAllForHandlers) WakeBy(0);
  return absl::OkStatus();
}

void Pump::TakePost(Next* next) {
  next->post = std::move(posts_.waiting.front());
  posts_.waiting.pop_front();
  posts_.fd.Show(!posts_.waiting.empty());
  posts_.had_turn = true;
}

absl::Status Pump::ReceiveNext(absl::Duration timeout, Next* next) {
  Micros deadline = 0;  // Not known before it is needed.
  MutexLock lock(mu_);
  const Inside inside(this);
  Seek(Quest::kAllForHandlers, timeout, &deadline);
  // In turns, so that functions which post others keep nothing out, and a busy
  // inbox does not either.
  const bool post_first = !posts_.had_turn && !posts_.waiting.empty();
  posts_.had_turn = false;
  absl::Status status;
  if (interrupted_) {
    status = Interrupted();
  } else if (post_first) {
    TakePost(next);
  } else if (engine_.EventIsNext()) {
    engine_.NextEvent(&next->event.emplace());
    ShowNews();
  } else if (engine_.Take(&next->received.emplace(), clock_.Now())) {
    ShowNews();
    if (sleeper_.asleep()) WakeBy(engine_.Deadline());
    // As in Receive(): others may wait for the room that this has made.
    if (engine_.changes() != waiters_.seen_changes) NotifyWaiters();
  } else {
    next->received.reset();
    if (!posts_.waiting.empty()) {
      TakePost(next);
    } else {
      status = engine_.inbox_open() ? NothingCame() : engine_.inbox_status();
    }
  }
  PassOn();
  return status;
}

}  // namespace raft_cluster::internal
