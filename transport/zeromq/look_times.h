// When to look for messages without end, which make libzmq take what comes.
//
// Who is up looks ten times a second. Who sleeps gets up for it as often while
// something flows; where only heartbeats come, once a second, as for each of
// those he is up anyway. libzmq then holds, of a message without end, at most
// what can come in a second.
//
// Thread rule: a value.
#ifndef RAFT_TRANSPORT_ZEROMQ_LOOK_TIMES_H_
#define RAFT_TRANSPORT_ZEROMQ_LOOK_TIMES_H_

#include <chrono>  // NOLINT(build/c++11)

namespace raft_cluster::internal {
namespace zeromq {

class LookTimes {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Before this nobody looks.
  void Begin(Time now) { from_ = by_ = now; }
  bool IsTime(Time now) const { return now >= from_; }
  // When to get up to look.
  Time alarm() const { return by_; }
  // Somebody has. `soon`: a message may have no end. `flows`: more than
  // heartbeats comes.
  void Looked(Time now, bool soon, bool flows) {
    from_ = now + (soon ? kSoon : kInterval);
    by_ = soon || flows ? from_ : now + kQuietInterval;
  }

 private:
  static constexpr std::chrono::milliseconds kSoon{5};
  static constexpr std::chrono::milliseconds kInterval{100};
  static constexpr std::chrono::milliseconds kQuietInterval{1000};

  Time from_ = Time::max();
  Time by_ = Time::max();
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_LOOK_TIMES_H_
