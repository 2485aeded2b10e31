#include "raft/cmd/top/output.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/time/clock.h"

namespace raft_cluster::internal {
namespace {

// A stream that cannot be opened for itself may be full again when it is
// written to, without an end of the waiting that poll() could tell.
constexpr absl::Duration kLongestWait = absl::Seconds(1);

}  // namespace

Output::Output(int fd, std::function<std::vector<int>()> wakers,
               std::function<bool()> give_up)
    : stream_(fd, O_WRONLY),
      wakers_(std::move(wakers)),
      give_up_(std::move(give_up)) {}

Output::Outcome Output::Write(absl::string_view text, absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (!text.empty()) {
    const ssize_t size = stream_.WriteSome(text);
    if (size >= 0) {
      text.remove_prefix(static_cast<size_t>(size));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Outcome::kFailed;
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return Outcome::kGivenUp;
    std::vector<pollfd> fds = {{stream_.fd(), POLLOUT, 0}};
    for (const int fd : wakers_()) fds.push_back({fd, POLLIN, 0});
    poll(fds.data(), fds.size(),
         static_cast<int>(
             absl::ToInt64Milliseconds(std::min(left, kLongestWait))) +
             1);
    const bool woken =
        std::any_of(fds.begin() + 1, fds.end(),
                    [](const pollfd& fd) { return fd.revents != 0; });
    if (woken && give_up_()) return Outcome::kGivenUp;
  }
  return Outcome::kWritten;
}

}  // namespace raft_cluster::internal
