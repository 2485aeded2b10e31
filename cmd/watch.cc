#include "raft/cmd/watch.h"

#include <poll.h>

#include <string>

#include "absl/time/time.h"
#include "raft/cmd/program.h"
#include "raft/status/event_words.h"

namespace raft_cluster::internal {
namespace {

// While nobody fetches them, the library folds events of one kind about one
// peer into one.
constexpr int kPauseMs = 1000;

}  // namespace

void Watch::Run() {
  for (;;) {
    auto event = server_.NextEvent(absl::InfiniteDuration());
    if (!event.ok()) return;
    for (; event.ok(); event = server_.NextEvent(absl::ZeroDuration())) {
      const std::string line = ShowEvent(*event);
      if (!line.empty()) Say(line);
    }
    pollfd fds[] = {{stop_.fd(), POLLIN, 0}};
    if (poll(fds, 1, kPauseMs) > 0) return;
  }
}

}  // namespace raft_cluster::internal
