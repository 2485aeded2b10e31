#include "raft/cmd/watch.h"

#include <poll.h>

#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/cmd/program.h"
#include "raft/status/event_words.h"

namespace raft_cluster::internal {
namespace {

// While nobody fetches them, the library folds events of one kind about one
// peer into one.
constexpr int kPauseMs = 1000;

void SayAll(const std::vector<Event>& events) {
  for (const Event& event : events) {
    const std::string line = ShowEvent(event);
    if (!line.empty()) Say(line);
  }
}

}  // namespace

void Watch::Run() {
  for (;;) {
    auto event = server_.NextEvent(repeats_.next_due() - absl::Now());
    for (; event.ok(); event = server_.NextEvent(absl::ZeroDuration())) {
      SayAll(repeats_.Add(*event, absl::Now()));
    }
    if (!absl::IsDeadlineExceeded(event.status())) break;
    SayAll(repeats_.Due(absl::Now()));
    pollfd fds[] = {{stop_.fd(), POLLIN, 0}};
    if (poll(fds, 1, kPauseMs) > 0) break;
  }
  SayAll(repeats_.TakeAll());
}

}  // namespace raft_cluster::internal
