// What a thread sleeps on: descriptors that may become readable or writable, an
// alarm, and wake-ups from other threads.
//
// It reports cookies, not states: a cookie says "look there". One that is
// reported for nothing does no harm; none is ever missed, since the descriptors
// are watched level-triggered.
//
// Thread rule: Wait(), Wake() and Stir() from any thread, one in Wait() at a
// time; the rest under the caller's lock.
#ifndef RAFT_TRANSPORT_NET_POLLER_H_
#define RAFT_TRANSPORT_NET_POLLER_H_

#include <sys/epoll.h>

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"

namespace raft_cluster::internal {

using Clock = std::chrono::steady_clock;

class Poller {
 public:
  // RESOURCE_EXHAUSTED: no descriptors are left.
  static absl::StatusOr<std::unique_ptr<Poller>> Create();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Watches `fd` until Remove(), which must come before it is closed. False:
  // the system refuses to watch any more.
  bool Add(int fd, uint64_t cookie);
  // From now on also for being writable, or no more.
  void Change(int fd, uint64_t cookie, bool writable);
  void Remove(int fd);

  // Makes Wait() return at `time`, and Collect() say so; max() for never.
  void SetAlarm(Clock::time_point time);

  // Appends the cookies of what may be readable: of all, or after a Wait() of
  // what ended that. Returns whether the alarm was due. Never waits.
  bool Collect(std::vector<uint64_t>& cookies);

  // Sleeps until a cookie is to be collected, the alarm is due, Wake() is
  // called, there is something from Stir(), or `timeout` is over.
  void Wait(absl::Duration timeout);
  // The same for so long, and does not sleep. False: nothing of that has come.
  bool Spin(absl::Duration duration);
  void Wake();

  // There is something to do that no descriptor tells of: Wait() returns at
  // once until Settle().
  void Stir();
  void Settle() { stirred_.store(false); }

 private:
  static constexpr int kOwnDescriptors = 2;

  Poller(int epoll_fd, int wake_fd, int alarm_fd)
      : epoll_fd_(epoll_fd),
        wake_fd_(wake_fd),
        alarm_fd_(alarm_fd),
        ready_(kOwnDescriptors) {}

  // Remembers what ended a wait, for Collect().
  void Keep(const epoll_event* events, int count);
  // Appends a cookie that stands for no descriptor of our own. True: the alarm.
  bool Take(uint64_t cookie, std::vector<uint64_t>& cookies);

  const int epoll_fd_;
  const int wake_fd_;
  const int alarm_fd_;
  std::atomic<bool> stirred_{false};
  Clock::time_point alarm_ = Clock::time_point::max();
  std::vector<epoll_event> ready_;  // Room for all that is watched.

  // What ended the last Wait(), so that Collect() need not ask the system for
  // the same once more.
  Mutex woken_mu_;
  std::vector<uint64_t> woken_ ABSL_GUARDED_BY(woken_mu_);
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_POLLER_H_
