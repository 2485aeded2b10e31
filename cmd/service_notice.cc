#include "raft/cmd/service_notice.h"

#include <poll.h>
#include <time.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#ifdef RAFT_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace raft_cluster::internal {
namespace {

// Where there is no watchdog: how old the line of `systemctl status` may be.
constexpr absl::Duration kStatusInterval = absl::Seconds(5);

#ifdef RAFT_SYSTEMD
// The environment stays as it is, for children; none are started.
void Notify(const std::string& state) {
  // A manager that cannot be told is nothing to end for, and nobody else could
  // be told of it.
  (void)sd_notify(/*unset_environment=*/0, state.c_str());
}

// Zero where there is none.
absl::Duration WatchdogTimeout() {
  uint64_t timeout_us = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &timeout_us) <= 0) {
    return absl::ZeroDuration();
  }
  return absl::Microseconds(timeout_us);
}

bool IsAsked() { return std::getenv("NOTIFY_SOCKET") != nullptr; }
#else
void Notify(const std::string&) {}
absl::Duration WatchdogTimeout() { return absl::ZeroDuration(); }
bool IsAsked() { return false; }
#endif

}  // namespace

ServiceNotice::ServiceNotice(std::function<Report()> report)
    : report_(std::move(report)) {}

absl::Status ServiceNotice::Start() {
  if (!IsAsked()) return absl::OkStatus();
  if (!stopping_.ok() || !end_.ok()) {
    return absl::ResourceExhaustedError(
        "no descriptor is left to speak to the service manager with");
  }
  const absl::Duration watchdog = WatchdogTimeout();
  const absl::Duration interval =
      watchdog > absl::ZeroDuration() ? watchdog / 2 : kStatusInterval;
  return StartThread([this, interval] { Run(interval); }, &thread_);
}

ServiceNotice::~ServiceNotice() {
  end_.Set();
  if (thread_.joinable()) thread_.join();
}

void ServiceNotice::Stopping() {
  MutexLock lock(mu_);
  said_stopping_ = true;
  stopping_.Set();
}

void ServiceNotice::Reloading(bool busy) {
  MutexLock lock(mu_);
  if (said_stopping_) return;
  // A manager that asked by a signal compares the time with that of its own.
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  Notify(!busy ? "READY=1"
               : absl::StrCat(
                     "RELOADING=1\nMONOTONIC_USEC=",
                     uint64_t{1'000'000} * now.tv_sec + now.tv_nsec / 1'000));
}

void ServiceNotice::Run(absl::Duration interval) {
  const auto timeout_ms = static_cast<int>(absl::ToInt64Milliseconds(interval));
  Notify("READY=1");
  std::string said;
  bool stopping = false;
  for (;;) {
    const Report report = report_();
    if (report.healthy || stopping) Notify("WATCHDOG=1");
    if (report.status != said) {
      // A line of its own would be another variable.
      Notify(absl::StrCat("STATUS=",
                          absl::StrReplaceAll(report.status, {{"\n", " "}})));
      said = report.status;
    }
    pollfd fds[] = {{end_.fd(), POLLIN, 0},
                    {stopping ? -1 : stopping_.fd(), POLLIN, 0}};
    if (poll(fds, 2, timeout_ms) <= 0) continue;
    if (fds[1].revents != 0) {
      stopping = true;
      Notify("STOPPING=1");
    }
    if (fds[0].revents != 0) return;
  }
}

}  // namespace raft_cluster::internal
