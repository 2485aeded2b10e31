#include "raft/cmd/printer.h"

#include <poll.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "raft/cmd/console.h"
#include "raft/cmd/program.h"

namespace raft_cluster::internal {
namespace {

// An inbox that closed because nothing came leaves the outbox open; where a
// newer life has taken over nothing is open any more.
bool IsSuperseded(Server& server) {
  return server.outbox().TrySend(server.pid(), "").status().code() ==
         absl::StatusCode::kFailedPrecondition;
}

}  // namespace

// One at a time: what is taken counts as taken to its sender, and would be lost
// with this process if it were not printed yet.
void Printer::Run() {
  for (;;) {
    const auto received = server_.inbox().Receive(absl::InfiniteDuration());
    if (!received.ok()) {
      ending_.Set(IsSuperseded(server_) ? kFailed : kDone,
                  InFlags(received.status().message()));
      break;
    }
    if (!Write(absl::StrCat(
            ShowEnvelope(received->from(), server_.pid(), received->msg()),
            "\n"))) {
      unprinted_ = 1;
      break;
    }
  }
  done_.Set();
}

bool Printer::Write(absl::string_view text) {
  while (!text.empty()) {
    pollfd fds[] = {{out_.fd(), POLLOUT, 0}, {give_up_.fd(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents != 0) return false;
    const ssize_t size = out_.WriteSome(text);
    if (size >= 0) {
      text.remove_prefix(static_cast<size_t>(size));
    } else if (errno != EINTR && errno != EAGAIN) {
      ending_.Set(kFailed, absl::StrCat("stdout cannot be written: ",
                                        std::strerror(errno)));
      return false;
    }
  }
  return true;
}

}  // namespace raft_cluster::internal
