// The flight recorder: the last of what happened to a server, with the time.
//
// Events are kept here whether or not the server's owner fetches them, and are
// not taken away by that. Refusals and skips come as fast as strangers and
// senders like: those of one kind, peer and reason that come within a minute of
// the first are counted in it, so that they push out nothing else. Changes of
// the peers' states are kept beside them.
//
// Thread rule: any thread. Its lock is its own, and nothing else is done under
// it, so that it can be read while the engine is stuck, or has just failed an
// assertion.
#ifndef RAFT_CLUSTER_ENGINE_RECORDER_H_
#define RAFT_CLUSTER_ENGINE_RECORDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "raft/base/clock.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/recording.pb.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

class Recorder {
 public:
  static constexpr size_t kMaxEvents = 4096;
  static constexpr size_t kMaxStates = 4096;

  // Microseconds since 1970.
  using WallClock = uint64_t (*)();

  // `of` says whose recording it is. `now` is of the monotonic clock; without a
  // wall clock the life's start is taken for now, as a simulator wants it.
  Recorder(const Recording& of, WallClock wall_clock, Micros now);
  ~Recorder();

  void Record(const Event& event, Micros now);
  // `change` says whose state, which, and why; the rest is filled in.
  void Record(RecordedState change, Micros now);
  // The server is another life from now on.
  void SetLife(const Incarnation& life);
  Recording Read(Micros now) const;
  // Appends the last `limit` to `stats`, oldest first.
  void FillLast(size_t limit, Stats* stats) const;

  uint64_t WallTime(Micros now) const {
    return wall_clock_ == nullptr ? static_cast<uint64_t>(now + offset_)
                                  : wall_clock_();
  }

 private:
  struct State;  // With its lock.

  const WallClock wall_clock_;
  const int64_t offset_;
  const std::unique_ptr<State> state_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_RECORDER_H_
