// Time as the library counts it, and who tells it: an object, so that a test or
// a simulator can have a time of its own.
//
//   void Wait(Clock& clock) {
//     const Micros deadline = clock.Now() + 1000;
//     ...
//   }
//   Wait(SteadyClock());
//
// Thread rule: any thread, where the implementation does not say otherwise.
#ifndef RAFT_BASE_CLOCK_H_
#define RAFT_BASE_CLOCK_H_

#include <cstdint>

namespace raft_cluster::internal {

// A time or a duration in microseconds.
using Micros = int64_t;

// A deadline that does not come.
inline constexpr Micros kNever = INT64_MAX;

class Clock {
 public:
  virtual ~Clock() = default;
  // Above 0, and never less than it was before.
  virtual Micros Now() = 0;
};

// The machine's monotonic clock. It lives as long as the process.
Clock& SteadyClock();

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_CLOCK_H_
