// Whether the two ends of a session hear each other: the peer is silent if
// nothing came for the failure timeout; the connection is a black hole if
// nothing of ours comes back.
//
//   Liveness liveness(now);
//   liveness.OnSaid(now);              // A frame with a stamp goes out,
//   liveness.OnHeard(header.stamp, later);
//   liveness.OnEcho(header.echo, path.last_stamp(), later);  // and is
//   answered.
//
// It belongs to one session: a new one starts with a new object.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_LIVENESS_H_
#define RAFT_CLUSTER_LINK_LIVENESS_H_

#include <algorithm>
#include <cstdint>

#include "raft/base/clock.h"

namespace raft_cluster::internal {

class Liveness {
 public:
  explicit Liveness(Micros now) : last_heard_(now) {}

  // The peer's clock may have come to this stamp since it was last heard: it is
  // not more than a year ahead of that. (A machine that slept may be days
  // behind its peers. A stamp from the end of time would be echoed for ever,
  // and no later one would.)
  bool Plausible(uint64_t stamp, Micros now) const;
  // A frame of the session came, with this stamp of the peer. REQUIRES:
  // Plausible(stamp, now).
  void OnHeard(uint64_t stamp, Micros now);
  // A frame of ours goes out.
  void OnSaid(Micros now) {
    if (unechoed_since_ == kNever) unechoed_since_ = now;
  }
  // One with this stamp asks for an answer at once.
  void OnAsked(uint64_t stamp) { ask_stamp_ = stamp; }
  // The peer has left: nothing is expected to come back any more.
  void OnLeft(Micros now);

  // The peer has heard this stamp, and of ours `last_stamp` is the newest.
  void OnEcho(uint64_t echo, uint64_t last_stamp, Micros now);
  // It would be the newest to come back.
  bool IsNewEcho(uint64_t echo) const { return echo > echoed_; }
  // It answers the question that was asked last.
  bool AnswersAsk(uint64_t echo) const { return echo == ask_stamp_; }

  // Sees whether the peer is silent by now.
  void Tick(Micros now, Micros failure_timeout) {
    silent_ = now - last_heard_ > failure_timeout;
  }
  // When Tick() will find that it is.
  Micros SilentAt(Micros failure_timeout) const {
    return silent_ ? kNever : last_heard_ + failure_timeout + 1;
  }

  // `since` then, nothing of ours is answered by a peer that speaks at each
  // heartbeat. True: too long for a connection that works, so it is to be made
  // anew; the next one is given twice the time.
  bool GivesUp(Micros since, Micros heartbeat, Micros now);
  // When it would say so.
  Micros GivesUpAt(Micros since, Micros heartbeat) const {
    return since == kNever ? kNever : since + Bound(heartbeat);
  }

  // This server itself did not run for `duration`.
  void HeldUp(Micros duration, Micros now);

  bool silent() const { return silent_; }
  Micros last_heard() const { return last_heard_; }
  uint64_t echo() const { return echo_; }      // For the peer.
  uint64_t echoed() const { return echoed_; }  // By the peer.
  // Since when something of ours is not answered.
  Micros unechoed_since() const { return unechoed_since_; }

 private:
  // How long no echo may come back: three heartbeats, but not less than this at
  // first, and twice as long each time, up to the maximum.
  static constexpr Micros kBlackHoleBound = 1500000;
  static constexpr Micros kMaxBlackHoleBound = 30000000;
  static constexpr int kBlackHoleHeartbeats = 3;

  Micros Bound(Micros heartbeat) const {
    return std::max(bound_, kBlackHoleHeartbeats * heartbeat);
  }

  Micros last_heard_;
  bool silent_ = false;
  uint64_t echo_ = 0;    // The peer's highest stamp.
  bool heard_ = false;   // There was one.
  uint64_t echoed_ = 0;  // Our highest stamp that came back.
  uint64_t ask_stamp_ = 0;
  Micros unechoed_since_ = kNever;
  Micros bound_ = kBlackHoleBound;
};

// When the heartbeat of a link is due whose last frame went at `last_sent`: at
// the next multiple of `heartbeat`, so that all links of a server are due in
// one turn, and an idle one wakes up once for all of them. Where that is so
// soon that it would tell the peer nothing new, at the middle between it and
// the next: never more than a heartbeat after the last frame.
inline Micros NextHeartbeat(Micros last_sent, Micros heartbeat) {
  const Micros next = (last_sent / heartbeat + 1) * heartbeat;
  return next - last_sent >= heartbeat / 4 ? next : next + heartbeat / 2;
}

// Moves a time that something is measured from, after a pause in which nothing
// could be seen.
inline void ShiftSince(Micros* since, Micros duration, Micros now) {
  if (*since == kNever) return;
  *since = *since + duration < now ? *since + duration : now;
}

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_LIVENESS_H_
