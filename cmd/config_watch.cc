#include "raft/cmd/config_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {
namespace {

// That a link was made shows as IN_CREATE alone, and that a file may be read
// now as IN_ATTRIB.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                             IN_CREATE | IN_DELETE | IN_ATTRIB |
                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// As many links as the system follows.
constexpr int kMaxLinks = 40;

// Of folders that change while they are looked at.
constexpr int kMaxAttempts = 10;

std::string Join(const std::string& folder, const std::string& name) {
  return absl::StrCat(folder, folder == "/" ? "" : "/", name);
}

std::string Parent(const std::string& folder) {
  const size_t slash = folder.rfind('/');
  return slash == 0 ? "/" : folder.substr(0, slash);
}

// "" if it is no link.
std::string Target(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size = readlink(path.c_str(), target, sizeof(target));
  return size <= 0 ? "" : std::string(target, static_cast<size_t>(size));
}

// The system's own words for a limit of inotify lead nowhere: "No space left on
// device", "Too many open files".
absl::Status NotWatched(const std::string& what, int error) {
  const std::string words = absl::StrCat(what, " cannot be watched");
  if (error == ENOSPC || error == EMFILE || error == ENFILE) {
    return absl::ResourceExhaustedError(absl::StrCat(
        words,
        ": a limit of inotify (/proc/sys/fs/inotify) or of descriptors (ulimit "
        "-n) is reached"));
  }
  return absl::ErrnoToStatus(error, words);
}

void Prepend(absl::string_view path, std::deque<std::string>& names) {
  const std::deque<std::string> first =
      absl::StrSplit(path, '/', absl::SkipEmpty());
  names.insert(names.begin(), first.begin(), first.end());
}

}  // namespace

ConfigWatch::ConfigWatch(std::string path)
    : path_(std::move(path)), fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  open_error_ = fd_ < 0 ? errno : 0;
  char folder[PATH_MAX];
  if (!absl::StartsWith(path_, "/") &&
      getcwd(folder, sizeof(folder)) != nullptr) {
    path_ = absl::StrCat(folder, "/", path_);
  }
}

ConfigWatch::~ConfigWatch() {
  if (fd_ >= 0) close(fd_);
}

// As the system finds its way. `at` has no links in it, so that ".." is what
// is written before it.
ConfigWatch::Steps ConfigWatch::FindSteps() const {
  Steps steps;
  std::deque<std::string> rest;
  Prepend(path_, rest);
  std::string at = "/";
  int links = 0;
  while (!rest.empty()) {
    const std::string name = std::move(rest.front());
    rest.pop_front();
    if (name == ".") continue;
    if (name == "..") {
      at = Parent(at);
      continue;
    }
    const std::string child = Join(at, name);
    const std::string target = Target(child);
    struct stat info;
    const bool missing = lstat(child.c_str(), &info) != 0;
    if (!target.empty() || missing || rest.empty()) steps[at].insert(name);
    if (!target.empty()) {
      if (++links > kMaxLinks) break;
      if (target.front() == '/') at = "/";
      Prepend(target, rest);
    } else if (missing) {
      break;
    } else {
      at = child;
    }
  }
  return steps;
}

absl::Status ConfigWatch::Watch(const Steps& steps) {
  absl::Status status;
  std::map<int, Names> watched;
  for (const auto& [folder, names] : steps) {
    const int watch = inotify_add_watch(fd_, folder.c_str(), kEvents);
    if (watch >= 0) {
      watched[watch].insert(names.begin(), names.end());
    } else {
      status = NotWatched(absl::StrCat("the folder ", folder), errno);
    }
  }
  for (const auto& [watch, names] : watched_) {
    if (watched.count(watch) == 0) inotify_rm_watch(fd_, watch);
  }
  watched_ = std::move(watched);
  return status;
}

absl::Status ConfigWatch::Follow() {
  if (fd_ < 0) {
    return NotWatched(path_, open_error_);
  }
  Steps steps = FindSteps();
  for (int attempt = 1;; ++attempt) {
    absl::Status status = Watch(steps);
    // What was changed before it was watched shows in nothing else.
    Steps now = FindSteps();
    if (now == steps || attempt == kMaxAttempts) return status;
    steps = std::move(now);
  }
}

bool ConfigWatch::Happened() {
  bool happened = false;
  alignas(inotify_event) char buffer[16 << 10];
  for (;;) {
    const ssize_t size = read(fd_, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return happened;
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof(event));
      const char* const name = buffer + at + sizeof(event);
      at += static_cast<ssize_t>(sizeof(event) + event.len);
      const auto watched = watched_.find(event.wd);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        happened = true;
      } else if (watched != watched_.end()) {
        // Without a name it befell the folder itself.
        happened |= event.len == 0 || watched->second.count(name) > 0;
      }
    }
  }
}

}  // namespace raft_cluster::internal
