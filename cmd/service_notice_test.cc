// A socket of the test's own stands for the service manager's; what comes there
// is what the manager would be told.

#include "raft/cmd/service_notice.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

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
  EXPECT_EQ(manager.Hear(), "READY=1");
  EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
  EXPECT_EQ(manager.Hear(), "STATUS=2 of 4 peers");
  notice.Stopping();
  EXPECT_EQ(manager.Hear(), "STOPPING=1");
}

TEST(ServiceNotice, FeedsTheWatchdogWhileTheReportSaysWell) {
  const Manager manager;
  setenv("WATCHDOG_USEC", "20000", 1);
  std::atomic<bool> healthy{true};
  const ServiceNotice notice([&healthy] {
    return ServiceNotice::Report{healthy, ""};
  });
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
  EXPECT_EQ(manager.Hear(), "READY=1");
  notice.Stopping();
  EXPECT_EQ(manager.Hear(), "STOPPING=1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
}

TEST(ServiceNotice, AsksForNoReportWhereNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  bool asked = false;
  {
    ServiceNotice notice([&asked] {
      asked = true;
      return ServiceNotice::Report();
    });
    notice.Stopping();
  }
  EXPECT_FALSE(asked);
}

}  // namespace
}  // namespace raft_cluster::internal
