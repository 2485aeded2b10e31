// A clock that is the same in all processes: nanoseconds, never set back.
//
// Thread rule: any thread.
#ifndef RAFT_CMD_BENCH_TICKS_H_
#define RAFT_CMD_BENCH_TICKS_H_

#include <time.h>

#include <cstdint>

namespace raft_cluster::internal {

inline int64_t ToNanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
}

inline int64_t Ticks() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return ToNanoseconds(now);
}

// A signal may end it early.
inline void SleepUntil(int64_t ticks) {
  const timespec until = {static_cast<time_t>(ticks / 1000000000),
                          static_cast<long>(ticks % 1000000000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_TICKS_H_
