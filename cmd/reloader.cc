#include "raft/cmd/reloader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/cmd/program.h"

namespace raft_cluster::internal {
namespace {

// A file is read once nothing has happened to it for so long, at the latest
// after the longer time: who writes it in pieces is not to be told that it is
// cut short.
constexpr int kQuietMs = 100;
constexpr absl::Duration kSettled = absl::Seconds(1);

// A hundred times what a thousand servers need.
constexpr size_t kMaxBytes = size_t{16} << 20;

constexpr char kUnread[] = "cannot be read";

// The whole of a file, without ever waiting for a writer, as a pipe would.
absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::ErrnoToStatus(errno, kUnread);
  const auto closing = absl::MakeCleanup([fd] { close(fd); });
  struct stat info;
  if (fstat(fd, &info) != 0) return absl::ErrnoToStatus(errno, kUnread);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        "is no plain file, which could be read again");
  }
  std::string content;
  char buffer[16 << 10];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return absl::ErrnoToStatus(errno, kUnread);
    if (size == 0) return content;
    content.append(buffer, static_cast<size_t>(size));
    if (content.size() > kMaxBytes) {
      return absl::InvalidArgumentError("is larger than 16 MiB");
    }
  }
}

absl::Status Named(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

bool IsSame(const Config& a, const Config& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

absl::Status CheckServerConfig(const Config& config) {
  const auto& servers = config.object().servers();
  const bool loopback =
      std::any_of(servers.begin(), servers.end(), [](const auto& member) {
        return absl::StartsWithIgnoreCase(member.url(), "loopback://");
      });
  if (servers.size() == 1 || !loopback) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "servers at loopback:// meet in one process only; use tcp:// or ipc://, "
      "or run them all by local_cluster");
}

Reloader::Reloader(Server& server, const ConfigSource& source,
                   std::function<void(bool)> busy)
    : server_(server),
      source_(source),
      busy_(std::move(busy)),
      asked_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Reloader::~Reloader() {
  if (asked_ >= 0) close(asked_);
}

void Reloader::Ask() { eventfd_write(asked_, 1); }

void Reloader::Run() {
  ConfigWatch* const watch = source_.watch;
  if (watch != nullptr) StartToFollow();
  for (;;) {
    pollfd fds[] = {{stop_.fd(), POLLIN, 0},
                    {asked_, POLLIN, 0},
                    {watch == nullptr ? -1 : watch->fd(), POLLIN, 0}};
    if (poll(fds, 3, -1) < 0) continue;
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) {
      eventfd_t times;
      eventfd_read(asked_, &times);
      Reload();
    }
    if (fds[2].revents != 0 && watch->Happened() && Settle()) LookAgain();
  }
}

bool Reloader::Settle() {
  const absl::Time end = absl::Now() + kSettled;
  while (absl::Now() < end) {
    pollfd fds[] = {{stop_.fd(), POLLIN, 0}, {source_.watch->fd(), POLLIN, 0}};
    const int ready = poll(fds, 2, kQuietMs);
    if (ready == 0) break;
    if (ready > 0 && fds[0].revents != 0) return false;
    source_.watch->Happened();
  }
  return true;
}

void Reloader::StartToFollow() {
  MutexLock lock(mu_);
  Follow();
  if (last_.has_value()) return;
  Content content = Read();
  // It may have changed since it was read for the start.
  if (content.ok()) {
    const auto config = ParseConfig(*content, source_.path);
    if (config.ok() && IsSame(*config, source_.config)) {
      last_ = std::move(content);
      return;
    }
  }
  PutInForce(std::move(content));
}

void Reloader::Follow() {
  absl::Status followed = source_.watch->Follow();
  if (!followed.ok() && followed != followed_) {
    Say(absl::StrCat("--watch_config: ", followed.message()));
  }
  followed_ = std::move(followed);
}

void Reloader::LookAgain() {
  MutexLock lock(mu_);
  Follow();
  Content content = Read();
  if (last_.has_value() && content == *last_) return;
  PutInForce(std::move(content));
}

void Reloader::Reload() {
  MutexLock lock(mu_);
  PutInForce(Read());
}

Reloader::Content Reloader::Read() const { return ReadWhole(source_.path); }

void Reloader::PutInForce(Content content) {
  busy_(true);
  ReloadReport report;
  const absl::Status status = TryTo(content, &report);
  Say(status.ok() ? absl::StrCat(report.ToString(), " (", source_.name, ")")
                  : absl::StrCat("not reloaded: ", InFlags(status.message())));
  last_ = std::move(content);
  busy_(false);
}

// Its errors name the file.
absl::Status Reloader::TryTo(const Content& content, ReloadReport* report) {
  if (!content.ok()) return Named(source_.path, content.status());
  const absl::StatusOr<Config> config = ParseConfig(*content, source_.path);
  if (!config.ok()) return config.status();
  absl::Status status = CheckServerConfig(*config);
  if (status.ok()) status = server_.Reload(*config, report);
  return status.ok() ? status : Named(source_.path, status);
}

}  // namespace raft_cluster::internal
