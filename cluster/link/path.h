// The way to a peer as it is measured: what was stamped, how long a stamp takes
// to come back, and over which connection. It outlives sessions.
//
//   Path path(now);
//   header.stamp = path.Stamp(now);
//   ...
//   path.OnEcho(header.stamp, later);  // At once, by the peer.
//   path.round_trip();                 // later - now
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_PATH_H_
#define RAFT_CLUSTER_LINK_PATH_H_

#include <algorithm>
#include <cstdint>

#include "raft/base/clock.h"

namespace raft_cluster::internal {

class Path {
 public:
  explicit Path(Micros now) : last_sent_(now) {}

  // For a frame of a session that goes now. It is the time, made to rise: no
  // two frames of a link have the same one.
  uint64_t Stamp(Micros now) {
    last_stamp_ = std::max(last_stamp_ + 1, static_cast<uint64_t>(now));
    last_sent_ = now;
    return last_stamp_;
  }
  // A frame without a stamp goes now.
  void OnSent(Micros now) { last_sent_ = now; }

  // The peer sent this stamp back without delay. The mean is RFC 6298's: an
  // eighth of each sample.
  void OnEcho(uint64_t stamp, Micros now) {
    const Micros sample = std::max<Micros>(now - static_cast<Micros>(stamp), 1);
    round_trip_ =
        round_trip_ == 0 ? sample : round_trip_ + (sample - round_trip_) / 8;
    if (now - least_since_ > kLeastOf) {
      former_least_ = least_;
      least_ = sample;
      least_since_ = now;
    }
    least_ = std::min(least_, sample);
  }

  // The connection was made (`up`) or lost.
  void OnReset(bool up) {
    ++connection_;
    up_ = up;
    if (up) ++connections_made_;
  }

  uint64_t last_stamp() const { return last_stamp_; }
  Micros last_sent() const { return last_sent_; }
  Micros round_trip() const { return round_trip_; }  // 0: not known yet.
  // The shortest of the last ten to twenty seconds: what it takes when nothing
  // is in the way. 0: not known yet.
  Micros least_round_trip() const {
    return round_trip_ == 0 ? 0 : std::min(least_, former_least_);
  }
  // Differs before and after each reset.
  uint64_t connection() const { return connection_; }
  uint64_t connections_made() const { return connections_made_; }
  bool up() const { return up_; }  // There is one, as far as is known.

 private:
  static constexpr Micros kLeastOf = 10000000;

  uint64_t last_stamp_ = 0;
  Micros last_sent_;
  Micros round_trip_ = 0;
  Micros least_ = kNever;  // Since then.
  Micros least_since_ = 0;
  Micros former_least_ = kNever;  // In the interval before.
  uint64_t connection_ = 0;
  uint64_t connections_made_ = 0;
  bool up_ = false;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_PATH_H_
