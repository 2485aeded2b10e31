#include "raft/cmd/bench/children.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "raft/cmd/bench/ticks.h"

namespace raft_cluster::internal {

Children::~Children() {
  for (const pid_t child : running_) {
    kill(child, SIGKILL);
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

absl::Status Children::Start(absl::FunctionRef<void()> body) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    return absl::ResourceExhaustedError("the system allows no more processes");
  }
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // It died before that.
    body();
    _exit(0);  // What is buffered, or to be done at the exit, is the parent's.
  }
  running_.push_back(child);
  return absl::OkStatus();
}

absl::StatusOr<bool> Children::Ended() {
  for (size_t i = 0; i < running_.size();) {
    int status;
    rusage usage;
    const pid_t child = wait4(running_[i], &status, WNOHANG, &usage);
    if (child != running_[i]) {
      ++i;
      continue;
    }
    running_.erase(running_.begin() + static_cast<ptrdiff_t>(i));
    peak_bytes_ += int64_t{usage.ru_maxrss} * 1024;
    if (WIFSIGNALED(status)) {
      return absl::InternalError(
          absl::StrCat("a server was ended by signal ", WTERMSIG(status)));
    }
  }
  return running_.empty();
}

int64_t Children::CpuNanoseconds() const {
  int64_t sum = 0;
  for (const pid_t child : running_) {
    clockid_t clock;
    timespec used;
    if (clock_getcpuclockid(child, &clock) == 0 &&
        clock_gettime(clock, &used) == 0) {
      sum += ToNanoseconds(used);
    }
  }
  return sum;
}

}  // namespace raft_cluster::internal
