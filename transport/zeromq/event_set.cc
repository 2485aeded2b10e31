#include "transport/zeromq/event_set.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "absl/strings/str_cat.h"

namespace raft {
namespace zeromq {
namespace {

constexpr uint64_t kAlarmKey = UINT64_MAX;

bool Watch(int epoll_fd, int fd, uint64_t key) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = key;
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void CloseIfOpen(int fd) {
  if (fd >= 0) close(fd);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventSet>> EventSet::Create() {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int alarm_fd =
      timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (epoll_fd >= 0 && wake_fd >= 0 && alarm_fd >= 0 &&
      Watch(epoll_fd, alarm_fd, kAlarmKey)) {
    return std::unique_ptr<EventSet>(new EventSet(epoll_fd, wake_fd, alarm_fd));
  }
  const int error = errno;
  CloseIfOpen(epoll_fd);
  CloseIfOpen(wake_fd);
  CloseIfOpen(alarm_fd);
  return absl::UnavailableError(
      absl::StrCat("cannot open a descriptor: ", std::strerror(error)));
}

EventSet::~EventSet() {
  close(epoll_fd_);
  close(wake_fd_);
  close(alarm_fd_);
}

bool EventSet::Add(int fd, uint64_t key) {
  if (!Watch(epoll_fd_, fd, key)) return false;
  ready_.emplace_back();
  return true;
}

void EventSet::Remove(int fd) {
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr) == 0) ready_.pop_back();
}

void EventSet::SetAlarm(Clock::time_point time) {
  if (time == alarm_) return;
  alarm_ = time;
  itimerspec spec = {};
  if (time != Clock::time_point::max()) {
    // All zero would switch the timer off.
    const auto since_epoch =
        std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(
                     time.time_since_epoch()),
                 std::chrono::nanoseconds(1));
    spec.it_value.tv_sec = since_epoch.count() / 1000000000;
    spec.it_value.tv_nsec = since_epoch.count() % 1000000000;
  }
  timerfd_settime(alarm_fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

bool EventSet::Collect(std::vector<uint64_t>& keys) {
  int count;
  do {
    count = epoll_wait(epoll_fd_, ready_.data(),
                       static_cast<int>(ready_.size()), /*timeout=*/0);
  } while (count < 0 && errno == EINTR);
  bool alarm = false;
  for (int i = 0; i < count; ++i) {
    // A copy: epoll_event is packed, so no reference may be bound to its parts.
    const uint64_t key = ready_[i].data.u64;
    if (key != kAlarmKey) {
      keys.push_back(key);
      continue;
    }
    alarm = true;
    // An alarm that has gone off is forgotten until it is set anew.
    uint64_t expirations;
    (void)!read(alarm_fd_, &expirations, sizeof(expirations));
    alarm_ = Clock::time_point::max();
  }
  return alarm;
}

void EventSet::Wait(absl::Duration timeout) {
  if (stirred_.load()) return;
  pollfd fds[] = {{epoll_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  // Not epoll_wait(): that rounds to milliseconds.
  const timespec limit = absl::ToTimespec(
      std::max(std::min(timeout, absl::Hours(24)), absl::ZeroDuration()));
  if (ppoll(fds, 2, &limit, nullptr) <= 0) return;
  if ((fds[1].revents & POLLIN) != 0) {
    uint64_t wakes;
    (void)!read(wake_fd_, &wakes, sizeof(wakes));
  }
}

void EventSet::Wake() {
  const uint64_t one = 1;
  // Fails only where the counter is at its limit, and then it is readable.
  (void)!write(wake_fd_, &one, sizeof(one));
}

void EventSet::Stir() {
  if (!stirred_.exchange(true)) Wake();
}

}  // namespace zeromq
}  // namespace raft
