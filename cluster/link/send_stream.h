// The sending half of a session: which items of the queue are on their way,
// which of those are lost, and what the peer's credit and the pace allow to
// follow.
//
//   SendStream stream(&queue, now);
//   if (stream.Cut(/*open=*/true, now, &slice)) {
//     stream.OnSent(&slice, header.stamp, path.connection());
//   }
//   ...
//   const uint64_t taken = stream.OnAcknowledged(header, fifo, path);
//
// The pace is an ack clock: a quiet link sends at once; a busy one lets items
// gather until a frame is full, or what is in flight has arrived, or a round
// trip is over. Losses are found as RACK (RFC 8985) finds them: what was sent
// later has arrived, and this has not. Nothing is sent again without such
// evidence.
//
// It belongs to one session: a new one starts with a new object over the same
// queue. An item's number in the session is its number in the queue less what
// was settled when the session began.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_SEND_STREAM_H_
#define RAFT_CLUSTER_LINK_SEND_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "raft/base/clock.h"
#include "raft/cluster/link/path.h"
#include "raft/cluster/link/send_queue.h"
#include "raft/cluster/link/wire.h"
#include "raft/transport/frame.h"

namespace raft_cluster::internal {

class SendStream {
 public:
  // Everything in the queue is to be sent. `queue` outlives this, and is
  // rewound.
  SendStream(SendQueue* queue, Micros now);

  // ---- What waits -----------------------------------------------------------

  // An envelope was appended to the queue.
  void OnAppended(Micros now) {
    if (open_since_ == kNever) open_since_ = now;
  }
  // What waited was taken out of the queue, or all of it but what has begun to
  // go.
  void OnRemoved();
  // Items wait to be cut.
  bool waiting() const { return open_since_ != kNever; }
  // The queue was asked for room and had none.
  void NoteFull(Micros now) {
    if (full_since_ == kNever) full_since_ = now;
  }

  // ---- What the peer says ---------------------------------------------------

  // The number of the newest item that was ever sent.
  uint64_t sent() const { return queue_->cursor() - base_; }
  // The frame with this stamp carried items and is known to have arrived.
  bool Arrived(uint64_t stamp, uint64_t received) const;
  // Takes received, taken, credit and echo of a header of the session; returns
  // how many envelopes were taken by it. `fifo`: no frame overtakes another on
  // one connection. REQUIRES: header.received <= sent().
  uint64_t OnAcknowledged(const Header& header, bool fifo, const Path& path);
  // The peer holds the session too.
  void OnOpen() { starved_ = false; }  // Nobody is slow before it can grant.
  // Nothing is to be sent again: the peer has left, or all was settled.
  void Forget();

  // ---- What is due ----------------------------------------------------------

  bool has_lost() const { return lost_ > 0; }
  // When the next frame of items may go, as far as is known now.
  Micros Deadline(Micros round_trip) const;
  // How long to wait for an answer before asking, until everything is known to
  // be *taken*: this is what finds the loss of the last frame, of the last
  // acknowledgement and of a grant. Doubles with each OnProbe() in a row, up to
  // the heartbeat.
  Micros ProbeInterval(Micros round_trip, Micros heartbeat) const;
  void OnProbe() { ++probes_; }

  // A frame of items that is not known to have arrived.
  struct InFlight {
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t stamp = 0;
    uint64_t connection = 0;
    bool lost = false;  // Proven; to be sent again.
    std::string prefix;
    Bytes body;
  };
  // Cuts the next items, with numbers of this session. False: the credit does
  // not reach that far. `open`: the peer could have granted more by now.
  bool Cut(bool open, Micros now, SendQueue::Slice* slice);
  // What was cut goes with this stamp.
  void OnSent(SendQueue::Slice slice, uint64_t stamp, uint64_t connection);
  // The oldest lost frame goes again, with this stamp. REQUIRES: has_lost().
  const InFlight& ResendLost(uint64_t stamp, uint64_t connection);

  // ---- The peer's application -----------------------------------------------

  // It keeps us waiting: for credit, or for room in the queue while all that
  // was sent has arrived. `patience`: for how long that is no news.
  void Tick(Micros now, Micros patience) {
    slow_ = SlowSince() != kNever && now - SlowSince() >= patience;
  }
  // When Tick() will find that it is slow.
  Micros SlowAt(Micros patience) const {
    return slow_ || SlowSince() == kNever ? kNever : SlowSince() + patience;
  }
  bool slow() const { return slow_; }

 private:
  Micros SlowSince() const;
  void FindLosses(const Header& header, bool fifo, const Path& path);

  SendQueue* queue_;
  uint64_t base_;  // What the queue numbers it, less what the session does.
  uint64_t peer_received_ = 0;
  uint64_t peer_credit_ = 0;
  uint64_t cut_position_ = 0;  // The cost of all items cut.
  std::deque<InFlight> in_flight_;
  size_t lost_ = 0;                // Of those in flight.
  Micros open_since_;              // When the oldest uncut item came.
  bool starved_ = false;           // Credit is short of the next item.
  Micros starved_since_ = kNever;  // Since when credit has been the limit.
  Micros full_since_ = kNever;     // Since when the queue has been full.
  int probes_ = 0;                 // In a row, without progress.
  bool slow_ = false;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_SEND_STREAM_H_
