#include "raft/cluster/loop_fd.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "absl/status/status.h"

namespace raft_cluster::internal {
namespace {

bool Watch(int epoll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

absl::StatusOr<int> LoopFd::Open(std::initializer_list<int> watched) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (epoll_ >= 0 && timer_ >= 0 && Watch(epoll_, timer_) &&
      std::all_of(watched.begin(), watched.end(),
                  [this](int fd) { return Watch(epoll_, fd); })) {
    return epoll_;
  }
  const int error = errno;
  Close();
  return absl::ResourceExhaustedError(
      std::string(absl::ErrnoToStatus(
                      error, "no descriptor to poll can be made (ulimit -n)")
                      .message()));
}

void LoopFd::Close() {
  if (timer_ >= 0) close(timer_);
  if (epoll_ >= 0) close(epoll_);
  epoll_ = timer_ = -1;
}

void LoopFd::SetAlarm(absl::Duration time) {
  if (!is_open() || time == alarm_) return;
  alarm_ = time;
  itimerspec spec = {};
  if (time != absl::InfiniteDuration()) {
    // Up, as a loop that is woken before its time would find nothing to do; and
    // above 0, which would switch it off.
    spec.it_value = absl::ToTimespec(
        std::max(absl::Ceil(time, absl::Nanoseconds(1)), absl::Nanoseconds(1)));
  }
  // Whatever it said before is forgotten with this, so nobody needs to read it.
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

}  // namespace raft_cluster::internal
