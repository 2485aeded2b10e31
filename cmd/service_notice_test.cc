// A socket of the test's own stands for the service manager's; what comes there
// is what the manager would be told.

#include "raft/cmd/service_notice.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/base/thread.h"

namespace raft_cluster::internal {
namespace {

class Manager {
 public:
  // An abstract address: no path is too long for it, and nothing is left.
  Manager() : name_(absl::StrCat("@raft-notice-", getpid())) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~Manager() {
    close(fd_);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
  }

  // "" if nothing comes within `timeout_ms`.
  std::string Hear(int timeout_ms = 10'000) const {
    pollfd fds[] = {{fd_, POLLIN, 0}};
    if (poll(fds, 1, timeout_ms) <= 0) return "";
    char buffer[512];
    const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
    return size < 0 ? "" : std::string(buffer, static_cast<size_t>(size));
  }

 private:
  const std::string name_;
  const int fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST(ServiceNotice, SaysThatItIsReadyHowItIsAndThatItEnds) {
  const Manager manager;
  ServiceNotice notice([] {
    return ServiceNotice::Report{true, "2 of 4\npeers"};
  });
  ASSERT_TRUE(notice.Start().ok());
  EXPECT_EQ(manager.Hear(), "READY=1");
  EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
  EXPECT_EQ(manager.Hear(), "STATUS=2 of 4 peers");
  notice.Stopping();
  EXPECT_EQ(manager.Hear(), "STOPPING=1");
}

TEST(ServiceNotice, SaysThatItReloadsUntilItStops) {
  const Manager manager;
  ServiceNotice notice([] { return ServiceNotice::Report(); });
  ASSERT_TRUE(notice.Start().ok());
  EXPECT_EQ(manager.Hear(), "READY=1");
  EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
  notice.Reloading(true);
  const std::string reloading = manager.Hear();
  EXPECT_THAT(reloading, testing::StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  notice.Reloading(false);
  EXPECT_EQ(manager.Hear(), "READY=1");
  notice.Stopping();
  notice.Reloading(true);
  notice.Reloading(false);
  EXPECT_EQ(manager.Hear(), "STOPPING=1");
  EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
  EXPECT_EQ(manager.Hear(/*timeout_ms=*/0), "");
}

TEST(ServiceNotice, FeedsTheWatchdogWhileTheReportSaysWell) {
  const Manager manager;
  setenv("WATCHDOG_USEC", "20000", 1);
  std::atomic<bool> healthy{true};
  ServiceNotice notice([&healthy] {
    return ServiceNotice::Report{healthy, ""};
  });
  ASSERT_TRUE(notice.Start().ok());
  EXPECT_EQ(manager.Hear(), "READY=1");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
  healthy = false;
  // One may have been under way.
  while (manager.Hear(/*timeout_ms=*/200) == "WATCHDOG=1") {
  }
  EXPECT_EQ(manager.Hear(/*timeout_ms=*/200), "");
  healthy = true;
  EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
}

TEST(ServiceNotice, FeedsTheWatchdogWhileItStops) {
  const Manager manager;
  setenv("WATCHDOG_USEC", "20000", 1);
  ServiceNotice notice([] { return ServiceNotice::Report{false, ""}; });
  ASSERT_TRUE(notice.Start().ok());
  EXPECT_EQ(manager.Hear(), "READY=1");
  notice.Stopping();
  EXPECT_EQ(manager.Hear(), "STOPPING=1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
}

TEST(ServiceNotice, SaysNothingWithoutADescriptor) {
  const Manager manager;
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  ServiceNotice notice([] { return ServiceNotice::Report(); });
  const absl::Status started = notice.Start();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(started.code(), absl::StatusCode::kResourceExhausted) << started;
  EXPECT_EQ(manager.Hear(/*timeout_ms=*/0), "");
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RAFT_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RAFT_SANITIZED
#endif
#endif

// 0: as it is to be. No memory may be mapped, and so no thread's stack. (A
// limit on the number of threads would not bind root.)
int StartWithoutAThread() {
  // The C library keeps the stacks of threads that have ended.
  constexpr int kMaxKept = 64;
  const rlimit none = {1 << 20, 1 << 20};
  if (setrlimit(RLIMIT_AS, &none) != 0) return 1;
  for (int i = 0; i < kMaxKept; ++i) {
    Thread kept;
    if (StartThread([] { pause(); }, &kept).ok()) {
      kept.detach();
      continue;
    }
    ServiceNotice notice([] { return ServiceNotice::Report(); });
    return absl::IsResourceExhausted(notice.Start()) ? 0 : 2;
  }
  return 3;
}

TEST(ServiceNotice, SaysNothingWithoutAThread) {
#ifdef RAFT_SANITIZED
  GTEST_SKIP() << "a sanitizer needs memory of its own for each thread";
#endif
  const Manager manager;
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) _exit(StartWithoutAThread());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "died of signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(manager.Hear(/*timeout_ms=*/0), "");
}

TEST(ServiceNotice, AsksForNoReportWhereNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  bool asked = false;
  {
    ServiceNotice notice([&asked] {
      asked = true;
      return ServiceNotice::Report();
    });
    EXPECT_TRUE(notice.Start().ok());
    notice.Stopping();
  }
  EXPECT_FALSE(asked);
}

}  // namespace
}  // namespace raft_cluster::internal
