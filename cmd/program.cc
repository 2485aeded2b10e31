#include "raft/cmd/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/flags/reflection.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"
#include "raft/base/version.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/stream.h"

namespace raft_cluster::internal {
namespace {

// What a reader may take that is slow, and what ending may cost because of one
// that has stopped.
constexpr absl::Duration kReaderPatience = absl::Milliseconds(200);

// Of main() before there are threads.
bool hang_up_asks = false;

sigset_t SignalSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  struct sigaction hangup;
  // Under nohup a hang-up is nothing to end for.
  if (hang_up_asks || (sigaction(SIGHUP, nullptr, &hangup) == 0 &&
                       hangup.sa_handler != SIG_IGN)) {
    sigaddset(&set, SIGHUP);
  }
  return set;
}

// Lines to a reader that may have stopped reading.
class Speaker {
 public:
  explicit Speaker(int fd) : stream_(fd, O_WRONLY) {}

  void Say(absl::string_view line) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    const absl::Time deadline =
        absl::Now() + (stuck_ ? absl::ZeroDuration() : kReaderPatience);
    if (!Write(rest_, deadline)) {
      ++left_out_;
      return;
    }
    if (left_out_ > 0) {
      absl::StrAppend(&rest_, "(", left_out_,
                      " lines were left out, as nobody read them)\n");
      left_out_ = 0;
    }
    absl::StrAppend(&rest_, line, "\n");
    Write(rest_, deadline);
  }

 private:
  // Takes what it has written away from `text`. False: some is left.
  bool Write(std::string& text, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    size_t done = 0;
    while (done < text.size()) {
      const ssize_t size =
          stream_.WriteSome(absl::string_view(text).substr(done));
      if (size >= 0) {
        done += static_cast<size_t>(size);
      } else if (errno == EAGAIN) {
        const absl::Duration left = deadline - absl::Now();
        stuck_ = left <= absl::ZeroDuration();
        if (stuck_) break;
        pollfd fds[] = {{stream_.fd(), POLLOUT, 0}};
        poll(fds, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
      } else if (errno != EINTR) {
        done = text.size();  // Nobody is there to be told.
      }
    }
    text.erase(0, done);
    if (text.empty()) stuck_ = false;
    return text.empty();
  }

  Mutex mu_;
  Stream stream_ ABSL_GUARDED_BY(mu_);
  // Of a line that has begun, so that lines stay whole.
  std::string rest_ ABSL_GUARDED_BY(mu_);
  bool stuck_ ABSL_GUARDED_BY(mu_) = false;
  size_t left_out_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace

void PrepareStreams() {
  signal(SIGXFSZ, SIG_IGN);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // The lowest free descriptor is the one that open() takes.
    if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", O_RDWR);
  }
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
      files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

void PrepareProcess() {
  PrepareStreams();
  for (int ignored : {SIGPIPE, SIGTTIN, SIGTTOU}) signal(ignored, SIG_IGN);
}

void KeepSignals() {
  const sigset_t set = SignalSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void KeepHangUp() {
  hang_up_asks = true;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void ReleaseSignals() {
  const sigset_t set = SignalSet();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int Signals() {
  static const int fd = [] {
    const sigset_t set = SignalSet();
    const int signals = signalfd(-1, &set, SFD_CLOEXEC);
    // Where no descriptor is left for it, they do what they do by default.
    if (signals < 0) pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    return signals;
  }();
  return fd;
}

absl::optional<ExitCode> ReadCommandLine(int argc, char* argv[],
                                         const Help& help, size_t max_rest,
                                         std::vector<std::string>& rest) {
  absl::StatusOr<CommandLine> line = ParseFlags(argc, argv);
  if (!line.ok()) return SayUsage(line.status().message(), help.usage);
  if (line->help) return Print(ShowHelp(help));
  if (line->version) {
    return Print(absl::StrCat(help.name, " (raft) ", kVersion, "\n"));
  }
  if (line->rest.size() > max_rest) {
    return SayUsage(absl::StrCat("what is \"", line->rest[max_rest], "\"?"),
                    help.usage);
  }
  rest = std::move(line->rest);
  return absl::nullopt;
}

void Say(absl::string_view line) {
  // Never destroyed: threads may speak while the process exits.
  static auto* const speaker = new Speaker(STDERR_FILENO);
  speaker->Say(line);
}

ExitCode Print(absl::string_view text) {
  std::cout << text;
  return FinishOutput();
}

ExitCode FinishOutput() {
  errno = 0;
  if (std::cout.flush()) return kDone;
  Say(absl::StrCat("stdout cannot be written",
                   errno == 0 ? "" : absl::StrCat(": ", std::strerror(errno))));
  return kFailed;
}

ExitCode SayUsage(absl::string_view mistake, absl::string_view usage) {
  Say(absl::StrCat(mistake, "\n\n", usage, "--help says more.\n\n",
                   FlagsHelp()));
  return kUsage;
}

std::string InFlags(absl::string_view message) {
  constexpr absl::string_view kOption = "Options::";
  std::string out;
  for (;;) {
    const size_t begin = message.find(kOption);
    if (begin == absl::string_view::npos) break;
    const absl::string_view rest = message.substr(begin + kOption.size());
    const size_t size = std::min(
        rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), rest.size());
    const absl::string_view name = rest.substr(0, size);
    const absl::string_view before = message.substr(0, begin);
    message = rest.substr(size);
    if (absl::FindCommandLineFlag(name) != nullptr) {
      absl::StrAppend(&out, before, "--", name);
    } else if (absl::EndsWith(before, " (") &&
               absl::ConsumePrefix(&message, ")")) {
      absl::StrAppend(&out, absl::StripSuffix(before, " ("));
    } else {
      absl::StrAppend(&out, before, name);
    }
  }
  return absl::StrCat(out, message);
}

ExitCode SayStartFailed(const absl::Status& status) {
  Say(InFlags(status.message()));
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return kUsage;
    case absl::StatusCode::kUnavailable:
      // True of this errno alone; of the others the message says it all.
      if (absl::StrContains(status.message(), "in use")) {
        const bool path = absl::StrContains(status.message(), "ipc://") ||
                          absl::StrContains(status.message(), "unix://") ||
                          absl::StrContains(status.message(), "shm://");
        Say(absl::StrCat("`ss ", path ? "-xlp" : "-tlnp",
                         "` shows which process that is. End it, or give this "
                         "server another address in the config."));
      }
      return kFailed;
    default:
      return kFailed;
  }
}

}  // namespace raft_cluster::internal
