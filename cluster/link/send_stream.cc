#include "raft/cluster/link/send_stream.h"

#include <algorithm>
#include <utility>

#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

// How long items may wait for others to join them, if a round trip is longer.
constexpr Micros kMaxGather = 1000;
constexpr Micros kMinProbe = 10000;
constexpr Micros kMinReorderSlack = 1000;

// By how much a later frame may overtake an earlier one that is not lost.
Micros Slack(const SendStream::InFlight& frame, bool fifo, const Path& path) {
  if (fifo && frame.connection == path.connection()) return 0;
  return std::max(path.round_trip() / 4, kMinReorderSlack);
}

}  // namespace

SendStream::SendStream(SendQueue* queue, Micros now) : queue_(queue) {
  // A session counts from 1, and the queue goes on counting: base_ is what lies
  // between.
  queue_->Rewind();
  base_ = queue_->head();
  open_since_ = queue_->empty() ? kNever : now;
}

bool SendStream::Arrived(uint64_t stamp, uint64_t received) const {
  for (const InFlight& frame : in_flight_) {
    if (frame.last > received) break;
    if (frame.stamp == stamp) return true;
  }
  return false;
}

uint64_t SendStream::OnAcknowledged(const Header& header, bool fifo,
                                    const Path& path) {
  RAFT_DEBUG_ASSERT(header.received <= sent());
  if (header.received > peer_received_) {
    peer_received_ = header.received;
    while (!in_flight_.empty() && in_flight_.front().last <= peer_received_) {
      if (in_flight_.front().lost) --lost_;
      in_flight_.pop_front();
    }
  }
  // Received frees nothing: only what the application has cannot get lost with
  // its process.
  const uint64_t taken = queue_->Settle(base_ + header.taken);
  if (taken > 0) {
    probes_ = 0;
    full_since_ = kNever;
    if (starved_since_ == kNever) slow_ = false;
  }
  // Headers may overtake each other; a grant only grows.
  if (header.credit > peer_credit_) {
    peer_credit_ = header.credit;
    starved_ = false;
  }
  FindLosses(header, fifo, path);
  return taken;
}

void SendStream::FindLosses(const Header& header, bool fifo, const Path& path) {
  for (InFlight& frame : in_flight_) {
    if (!frame.lost && frame.last > header.received &&
        header.echo >
            frame.stamp + static_cast<uint64_t>(Slack(frame, fifo, path))) {
      frame.lost = true;
      ++lost_;
    }
  }
}

void SendStream::Forget() {
  in_flight_.clear();
  lost_ = 0;
}

void SendStream::OnRemoved() {
  full_since_ = kNever;
  if (queue_->cursor() != queue_->end()) return;
  open_since_ = kNever;
  // Nothing waits for credit, and what comes next may be smaller.
  starved_ = slow_ = false;
  starved_since_ = kNever;
}

Micros SendStream::Deadline(Micros round_trip) const {
  if (starved_ || queue_->cursor() == queue_->end()) return kNever;
  // Nothing is gained by waiting then.
  if (in_flight_.empty() || queue_->HasFullFrame()) return 0;
  const Micros gather =
      round_trip == 0 ? kMaxGather : std::min(round_trip, kMaxGather);
  return open_since_ + gather;
}

Micros SendStream::ProbeInterval(Micros round_trip, Micros heartbeat) const {
  const Micros first = std::min(std::max(2 * round_trip, kMinProbe), heartbeat);
  // At most a thousandfold: more would in the end shift bits out.
  return std::min(first << std::min(probes_, 10), heartbeat);
}

bool SendStream::Cut(bool open, Micros now, SendQueue::Slice* slice) {
  const uint64_t credit =
      peer_credit_ > cut_position_ ? peer_credit_ - cut_position_ : 0;
  if (!queue_->Cut(credit, slice)) {
    starved_ = true;
    if (open && starved_since_ == kNever) starved_since_ = now;
    return false;
  }
  slice->first -= base_;
  cut_position_ += slice->cost;
  const bool all = queue_->cursor() == queue_->end();
  open_since_ = all ? kNever : now;
  if (all) {
    // Credit is the limit no more; our own budget may still be.
    starved_since_ = kNever;
    slow_ = full_since_ != kNever && slow_;
  }
  probes_ = 0;
  return true;
}

void SendStream::OnSent(SendQueue::Slice slice, uint64_t stamp,
                        uint64_t connection) {
  InFlight record;
  record.first = slice.first;
  record.last = slice.first + slice.items - 1;
  record.stamp = stamp;
  record.connection = connection;
  record.prefix = std::move(slice.prefix);
  record.body = std::move(slice.body);
  in_flight_.push_back(std::move(record));
}

const SendStream::InFlight& SendStream::ResendLost(uint64_t stamp,
                                                   uint64_t connection) {
  RAFT_DEBUG_ASSERT(has_lost());
  const auto lost =
      std::find_if(in_flight_.begin(), in_flight_.end(),
                   [](const InFlight& frame) { return frame.lost; });
  lost->lost = false;
  lost->stamp = stamp;
  lost->connection = connection;
  --lost_;
  return *lost;
}

Micros SendStream::SlowSince() const {
  // While something is in flight, a full queue says no more than that the link
  // is busy.
  return in_flight_.empty() ? std::min(starved_since_, full_since_)
                            : starved_since_;
}

}  // namespace raft_cluster::internal
