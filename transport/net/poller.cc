#include "raft/transport/net/poller.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "raft/transport/net/descriptors.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kAlarmCookie = UINT64_MAX;
constexpr uint64_t kWakeCookie = UINT64_MAX - 1;
// What is told beyond this can wait for the next time.
constexpr int kMaxWoken = 16;

bool Watch(int epoll_fd, int fd, uint64_t cookie) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = cookie;
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

// epoll_wait() itself would round to milliseconds.
int WaitFor(int epoll_fd, epoll_event* events, const timespec& limit) {
#if __GLIBC_PREREQ(2, 35)
  const int count = epoll_pwait2(epoll_fd, events, kMaxWoken, &limit, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
#endif
  pollfd fd = {epoll_fd, POLLIN, 0};
  if (ppoll(&fd, 1, &limit, nullptr) <= 0) return 0;
  return epoll_wait(epoll_fd, events, kMaxWoken, /*timeout=*/0);
}

void CloseIfOpen(int fd) {
  if (fd >= 0) close(fd);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Poller>> Poller::Create() {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int alarm_fd =
      timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (epoll_fd >= 0 && wake_fd >= 0 && alarm_fd >= 0 &&
      Watch(epoll_fd, alarm_fd, kAlarmCookie) &&
      Watch(epoll_fd, wake_fd, kWakeCookie)) {
    return std::unique_ptr<Poller>(new Poller(epoll_fd, wake_fd, alarm_fd));
  }
  const int error = errno;
  CloseIfOpen(epoll_fd);
  CloseIfOpen(wake_fd);
  CloseIfOpen(alarm_fd);
  return DescriptorError(error);
}

Poller::~Poller() {
  close(epoll_fd_);
  close(wake_fd_);
  close(alarm_fd_);
}

bool Poller::Add(int fd, uint64_t cookie) {
  if (!Watch(epoll_fd_, fd, cookie)) return false;
  // As many as there are descriptors, so that one call finds all that is ready.
  ready_.emplace_back();
  return true;
}

void Poller::Change(int fd, uint64_t cookie, bool writable) {
  epoll_event event = {};
  event.events = EPOLLIN;
  if (writable) event.events |= EPOLLOUT;
  event.data.u64 = cookie;
  // Fails only where it is not watched.
  epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::Remove(int fd) {
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr) == 0) ready_.pop_back();
  MutexLock lock(woken_mu_);
  woken_.clear();  // It may be one of these.
}

void Poller::SetAlarm(Clock::time_point time) {
  // Asked for at each poll, and mostly the same: no system call for that.
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

bool Poller::Take(uint64_t cookie, std::vector<uint64_t>& cookies) {
  if (cookie == kWakeCookie) return false;  // For Wait().
  if (cookie != kAlarmCookie) {
    cookies.push_back(cookie);
    return false;
  }
  uint64_t expirations;
  if (read(alarm_fd_, &expirations, sizeof(expirations)) <= 0) return false;
  // An alarm that has gone off is forgotten until it is set anew.
  alarm_ = Clock::time_point::max();
  return true;
}

bool Poller::Collect(std::vector<uint64_t>& cookies) {
  bool alarm = false;
  {
    MutexLock lock(woken_mu_);
    if (!woken_.empty()) {
      for (const uint64_t cookie : woken_) alarm |= Take(cookie, cookies);
      woken_.clear();
      return alarm;
    }
  }
  int count;
  do {
    count = epoll_wait(epoll_fd_, ready_.data(),
                       static_cast<int>(ready_.size()), /*timeout=*/0);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; ++i) alarm |= Take(ready_[i].data.u64, cookies);
  return alarm;
}

void Poller::Wait(absl::Duration timeout) {
  if (stirred_.load()) return;
  const timespec limit = absl::ToTimespec(
      std::max(std::min(timeout, absl::Hours(24)), absl::ZeroDuration()));
  epoll_event events[kMaxWoken];
  const int count = WaitFor(epoll_fd_, events, limit);
  if (count > 0) Keep(events, count);
}

bool Poller::Spin(absl::Duration duration) {
  const Clock::time_point end =
      Clock::now() +
      absl::ToChronoNanoseconds(std::min(duration, absl::Hours(24)));
  epoll_event events[kMaxWoken];
  do {
    if (stirred_.load()) return true;
    const int count = epoll_wait(epoll_fd_, events, kMaxWoken, /*timeout=*/0);
    if (count > 0) {
      Keep(events, count);
      return true;
    }
  } while (Clock::now() < end);
  return false;
}

void Poller::Keep(const epoll_event* events, int count) {
  MutexLock lock(woken_mu_);
  woken_.clear();
  for (int i = 0; i < count; ++i) {
    const uint64_t cookie = events[i].data.u64;
    if (cookie != kWakeCookie) {
      woken_.push_back(cookie);
      continue;
    }
    uint64_t wakes;
    (void)!read(wake_fd_, &wakes, sizeof(wakes));
  }
}

void Poller::Wake() {
  const uint64_t one = 1;
  // Fails only where the counter is at its limit, and then it is readable.
  (void)!write(wake_fd_, &one, sizeof(one));
}

void Poller::Stir() {
  if (!stirred_.exchange(true)) Wake();
}

}  // namespace raft_cluster::internal
