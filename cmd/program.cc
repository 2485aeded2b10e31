#include "raft/cmd/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "raft/cmd/flags.h"

namespace raft_cluster::internal {
namespace {

sigset_t SignalSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  struct sigaction hangup;
  // Under nohup a hang-up is nothing to end for.
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 &&
      hangup.sa_handler != SIG_IGN) {
    sigaddset(&set, SIGHUP);
  }
  return set;
}

}  // namespace

void PrepareProcess() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // The lowest free descriptor is the one that open() takes.
    if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", O_RDWR);
  }
  signal(SIGPIPE, SIG_IGN);
  const sigset_t set = SignalSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int Signals() {
  static const int fd = [] {
    const sigset_t set = SignalSet();
    return signalfd(-1, &set, SFD_CLOEXEC);
  }();
  return fd;
}

void Say(absl::string_view line) {
  const std::string text = absl::StrCat(line, "\n");
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t size =
        write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;  // Nobody is there to be told.
    done += static_cast<size_t>(size);
  }
}

ExitCode SayUsage(absl::string_view mistake, absl::string_view usage) {
  Say(absl::StrCat(mistake, "\n\n", usage, FlagsHelp()));
  return kUsage;
}

ExitCode SayStartFailed(const absl::Status& status) {
  Say(status.message());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return kUsage;
    case absl::StatusCode::kUnavailable:
      Say("Perhaps this server runs already, or another program listens there "
          "(`ss -tlnp` shows which). End it, or give the server another "
          "address with --config.");
      return kFailed;
    default:
      return kFailed;
  }
}

}  // namespace raft_cluster::internal
