#include "raft/transport/loopback/mailbox.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <utility>

namespace raft_cluster::internal {
namespace loopback {

bool Mailbox::Attach(const std::shared_ptr<Pipe>& pipe) {
  MutexLock lock(mu_);
  if (closed_) return false;
  pipes_[pipe->id] = pipe;
  return true;
}

void Mailbox::Detach(Pipe& pipe) {
  std::vector<Frame> dropped;  // Frees what may be large after the lock.
  std::shared_ptr<Pipe> last;
  MutexLock lock(mu_);
  pipe.closed = true;
  dropped.swap(pipe.queue);
  ready_.erase(std::remove_if(ready_.begin(), ready_.end(),
                              [&](const std::shared_ptr<Pipe>& ready) {
                                return ready.get() == &pipe;
                              }),
               ready_.end());
  const auto found = pipes_.find(pipe.id);
  if (found == pipes_.end()) return;
  last = std::move(found->second);
  pipes_.erase(found);
}

void Mailbox::Close() {
  std::map<uint64_t, std::shared_ptr<Pipe>> pipes;
  std::vector<std::vector<Frame>> dropped;
  {
    MutexLock lock(mu_);
    closed_ = true;
    ready_.clear();
    pipes.swap(pipes_);
    for (const auto& entry : pipes) {
      entry.second->closed = true;
      dropped.push_back(std::move(entry.second->queue));
    }
  }
  // After our own lock is given back: two that close at once would wait for
  // each other.
  for (const auto& entry : pipes) entry.second->from->Attend();
}

std::shared_ptr<Pipe> Mailbox::Find(uint64_t id) {
  MutexLock lock(mu_);
  const auto found = pipes_.find(id);
  return found == pipes_.end() ? nullptr : found->second;
}

SendResult Mailbox::Push(const std::shared_ptr<Pipe>& pipe,
                         const Frame& frame) {
  {
    MutexLock lock(mu_);
    if (pipe->closed) return SendResult::kUnknown;
    // The receiver would drop it; a wire does not tell the sender either.
    if (frame.size() > max_frame_bytes_) return SendResult::kSent;
    const size_t cost = Cost(frame);
    if (pipe->bytes > 0 && pipe->bytes + cost > pipe->limit_bytes) {
      pipe->refused = true;
      return SendResult::kFull;
    }
    pipe->bytes += cost;
    pipe->queue.push_back(frame);
    // Whoever was woken for the first takes all behind it.
    if (pipe->queue.size() > 1) return SendResult::kSent;
    ready_.push_back(pipe);
  }
  // Not under the lock: whoever wakes on this core would find it taken.
  changed_.NotifyOne();
  return SendResult::kSent;
}

void Mailbox::Take(std::vector<Batch>& batches, bool& attention) {
  MutexLock lock(mu_);
  attention = std::exchange(attention_, false);
  for (std::shared_ptr<Pipe>& pipe : ready_) {
    Batch batch;
    batch.frames.swap(pipe->queue);
    batch.pipe = std::move(pipe);
    batches.push_back(std::move(batch));
  }
  ready_.clear();
}

void Mailbox::Release(std::vector<Batch>& batches, bool more) {
  std::vector<std::shared_ptr<Mailbox>> relieved;
  {
    MutexLock lock(mu_);
    more_ = more;
    for (Batch& batch : batches) {
      Pipe& pipe = *batch.pipe;
      pipe.bytes -= std::exchange(batch.freed_bytes, 0);
      // Half, so that a fast sender is not woken for each single frame.
      if (pipe.refused && pipe.bytes <= pipe.limit_bytes / 2) {
        pipe.refused = false;
        relieved.push_back(pipe.from);
      }
      const bool done = batch.next == batch.frames.size();
      // Its memory serves again, unless new frames have come meanwhile.
      if (done && pipe.queue.capacity() == 0 && !pipe.closed) {
        batch.frames.clear();
        batch.next = 0;
        pipe.queue.swap(batch.frames);
      }
    }
  }
  for (const std::shared_ptr<Mailbox>& sender : relieved) sender->Wake();
}

void Mailbox::Wait(absl::Duration timeout) {
  using Clock = std::chrono::steady_clock;
  // The far future would overflow the clock, as would the far past; Wait() may
  // return early.
  const auto limit = absl::ToChronoMicroseconds(
      std::max(absl::ZeroDuration(), std::min(timeout, absl::Hours(24 * 365))));
  const Clock::time_point deadline = Clock::now() + limit;
  MutexLock lock(mu_);
  while (!woken_ && !attention_ && !more_ && ready_.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::microseconds>(deadline - Clock::now());
    if (left.count() <= 0) break;
    changed_.WaitFor(mu_, left);
  }
  woken_ = false;
}

void Mailbox::Wake() {
  {
    MutexLock lock(mu_);
    woken_ = true;
  }
  changed_.NotifyOne();
}

void Mailbox::Attend() {
  {
    MutexLock lock(mu_);
    attention_ = true;
  }
  changed_.NotifyOne();
}

}  // namespace loopback
}  // namespace raft_cluster::internal
