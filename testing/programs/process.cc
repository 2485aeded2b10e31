#include "raft/testing/programs/process.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace raft_cluster::internal {
namespace {

constexpr int kNotFound = 127;  // As shells have it.

// How long to sleep between two looks at what wakes nobody.
constexpr absl::Duration kLook = absl::Milliseconds(100);

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(
      std::max(absl::ZeroDuration(), std::min(duration, kLook))));
}

// A pair of descriptors: what the process uses, and what we do.
struct Stream {
  int theirs = -1;
  int ours = -1;
};

absl::Status OpenPipe(bool process_reads, Stream& stream) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  stream.theirs = fds[process_reads ? 0 : 1];
  stream.ours = fds[process_reads ? 1 : 0];
  return absl::OkStatus();
}

absl::Status OpenTerminal(Stream& stream) {
  if (openpty(&stream.ours, &stream.theirs, nullptr, nullptr, nullptr) != 0) {
    return absl::ErrnoToStatus(errno, "openpty");
  }
  for (int fd : {stream.ours, stream.theirs}) fcntl(fd, F_SETFD, FD_CLOEXEC);
  // Nobody reads an echo, which would fill the terminal.
  termios settings;
  tcgetattr(stream.theirs, &settings);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(stream.theirs, TCSANOW, &settings);
  return absl::OkStatus();
}

// Everything that exec() wants, made before fork(): after it, in a program
// with threads, memory cannot be had.
struct Command {
  explicit Command(const Process::Spec& spec) {
    program = spec.program;
    if (program.front() != '/') {
      char folder[PATH_MAX];
      if (getcwd(folder, sizeof(folder)) != nullptr) {
        program = absl::StrCat(folder, "/", program);
      }
    }
    words.push_back(spec.program);
    words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
    for (char** variable = environ; *variable != nullptr; ++variable) {
      settings.emplace_back(*variable);
    }
    for (const auto& [name, value] : spec.environment) {
      settings.insert(settings.begin(), absl::StrCat(name, "=", value));
    }
    for (std::string& word : words) argv.push_back(&word[0]);
    for (std::string& setting : settings) envp.push_back(&setting[0]);
    argv.push_back(nullptr);
    envp.push_back(nullptr);
  }

  std::string program;
  std::vector<std::string> words, settings;
  std::vector<char*> argv, envp;
};

// Whether the child has ended; it stays to be reaped.
// `options` are WNOHANG, or 0 to wait for it.
bool HasEnded(pid_t pid, int options) {
  siginfo_t info = {};
  return waitid(P_PID, static_cast<id_t>(pid), &info,
                WEXITED | WNOWAIT | options) == 0 &&
         info.si_pid == pid;
}

void LimitDescriptors(const Process::Spec& spec) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (spec.hard_descriptors > 0) {
    limit.rlim_cur = limit.rlim_max =
        static_cast<rlim_t>(spec.hard_descriptors);
  }
  if (spec.soft_descriptors > 0) {
    limit.rlim_cur = static_cast<rlim_t>(spec.soft_descriptors);
  }
  setrlimit(RLIMIT_NOFILE, &limit);
}

// In the child.
[[noreturn]] void Become(Command& command, const Process::Spec& spec, int in,
                         int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_DFL);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (spec.terminal) {
    setsid();
    ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  }
  LimitDescriptors(spec);
  if (spec.folder.empty() || chdir(spec.folder.c_str()) == 0) {
    execve(command.program.c_str(), command.argv.data(), command.envp.data());
  }
  _exit(kNotFound);
}

}  // namespace

struct Process::Ends {
  int in, out, err, hang_up;
};

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const Spec& spec) {
  // To a process that has ended, a write is an error and no signal.
  signal(SIGPIPE, SIG_IGN);
  Stream in, out, err;
  absl::Status status = spec.terminal ? OpenTerminal(in) : OpenPipe(true, in);
  if (status.ok()) status = OpenPipe(false, out);
  if (status.ok()) status = OpenPipe(false, err);
  if (!status.ok()) return status;
  for (int fd : {in.ours, out.ours, err.ours}) fcntl(fd, F_SETFL, O_NONBLOCK);

  Command command(spec);
  const pid_t pid = fork();
  if (pid < 0) return absl::ErrnoToStatus(errno, "fork");
  if (pid == 0) {
    Become(command, spec, in.theirs, out.theirs, err.theirs);
  }
  for (int fd : {in.theirs, out.theirs, err.theirs}) close(fd);
  const Ends ends = {in.ours, out.ours, err.ours, eventfd(0, EFD_CLOEXEC)};
  return std::unique_ptr<Process>(new Process(pid, ends, spec.unread));
}

Process::Process(pid_t pid, const Ends& ends, bool unread)
    : pid_(pid),
      in_(ends.in),
      out_(ends.out),
      err_(ends.err),
      hang_up_(ends.hang_up),
      unread_(unread),
      collector_([this] { Collect(); }) {}

Process::~Process() {
  Signal(SIGKILL);
  collector_.join();
  CloseInput();
  close(err_);
  close(hang_up_);
}

bool Process::Write(absl::string_view text, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!text.empty()) {
    const ssize_t size = write(in_, text.data(), text.size());
    if (size >= 0) {
      text.remove_prefix(static_cast<size_t>(size));
    } else if (errno == EAGAIN) {
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration()) return false;
      pollfd fds[] = {{in_, POLLOUT, 0}};
      poll(fds, 1, Milliseconds(left) + 1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void Process::CloseInput() {
  if (in_ >= 0) close(in_);
  in_ = -1;
}

void Process::CloseOutput() { eventfd_write(hang_up_, 1); }

void Process::Collect() {
  while (unread_ && !HasEnded(pid_, 0)) {
  }
  pollfd fds[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}, {hang_up_, POLLIN, 0}};
  std::vector<char> buffer(1 << 16);
  // poll() passes over what is -1.
  const auto read_from = [&](pollfd& from) {
    const ssize_t size = read(from.fd, buffer.data(), buffer.size());
    if (size < 0) return absl::string_view();  // EAGAIN, EINTR.
    if (size == 0) from.fd = -1;
    return absl::string_view(buffer.data(), static_cast<size_t>(size));
  };
  bool open_out = true;
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    // A child of the process's own may hold its streams open for ever. What
    // the process wrote is in the pipes when it is seen to be gone.
    const bool gone = HasEnded(pid_, WNOHANG);
    const int ready = poll(fds, std::size(fds), gone ? 0 : Milliseconds(kLook));
    if (ready == 0 && gone) break;
    if (ready < 0) continue;
    if (fds[2].revents != 0) {
      fds[0].fd = fds[2].fd = -1;
      close(out_);
      open_out = false;
      continue;
    }
    if (fds[0].revents != 0) AddOutput(read_from(fds[0]));
    if (fds[1].revents != 0) AddErrors(read_from(fds[1]));
  }
  if (open_out) close(out_);

  // Not reaped before mu_ is held: until then its pid is nobody else's.
  while (!HasEnded(pid_, 0)) {
  }
  MutexLock lock(mu_);
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  changed_.NotifyAll();
}

void Process::AddOutput(absl::string_view bytes) {
  MutexLock lock(mu_);
  for (;;) {
    const size_t end = bytes.find('\n');
    absl::StrAppend(&partial_, bytes.substr(0, end));
    if (end == absl::string_view::npos) break;
    lines_.push_back(std::exchange(partial_, ""));
    bytes.remove_prefix(end + 1);
  }
  changed_.NotifyAll();
}

void Process::AddErrors(absl::string_view bytes) {
  MutexLock lock(mu_);
  absl::StrAppend(&errors_, bytes);
  changed_.NotifyAll();
}

bool Process::WaitUntil(absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration()) return false;
  changed_.WaitFor(mu_, absl::ToChronoMicroseconds(std::min(left, kLook)));
  return true;
}

absl::optional<std::string> Process::ReadLine(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(mu_);
  while (lines_.empty()) {
    if (exit_.has_value() || !WaitUntil(deadline)) return absl::nullopt;
  }
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

std::vector<std::string> Process::TakeLines() {
  MutexLock lock(mu_);
  std::vector<std::string> lines(std::make_move_iterator(lines_.begin()),
                                 std::make_move_iterator(lines_.end()));
  lines_.clear();
  return lines;
}

size_t Process::CountLines() {
  MutexLock lock(mu_);
  return lines_.size();
}

bool Process::WaitForError(absl::string_view text, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(mu_);
  while (!absl::StrContains(errors_, text)) {
    if (exit_.has_value() || !WaitUntil(deadline)) return false;
  }
  return true;
}

std::string Process::errors() {
  MutexLock lock(mu_);
  return errors_;
}

void Process::Signal(int signal) {
  MutexLock lock(mu_);
  if (exit_.has_value()) return;
  kill(pid_, signal);
  if (signal != SIGSTOP) return;
  // Every thread of it takes a moment to see it. Whoever ends in it is left to
  // be collected.
  siginfo_t info;
  while (waitid(P_PID, static_cast<id_t>(pid_), &info,
                WSTOPPED | WEXITED | WNOWAIT) == -1 &&
         errno == EINTR) {
  }
}

absl::optional<int> Process::WaitForExit(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(mu_);
  while (!exit_.has_value()) {
    if (!WaitUntil(deadline)) return absl::nullopt;
  }
  return exit_;
}

}  // namespace raft_cluster::internal
