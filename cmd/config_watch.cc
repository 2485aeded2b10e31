#include "raft/cmd/config_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

constexpr uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                              IN_CREATE | IN_DELETE | IN_ONLYDIR;
// Nothing more has happened for so long: then it has been written.
constexpr int kQuietMs = 50;
constexpr int kMaxWaits = 20;

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return "absent";
  std::ostringstream content;
  content << "present\n" << file.rdbuf();
  return content.str();
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

absl::Status ErrorOf(const std::string& folder, int error) {
  const std::string what =
      absl::StrCat("the folder ", folder, " cannot be watched");
  if (error == ENOSPC || error == EMFILE || error == ENFILE) {
    return absl::ResourceExhaustedError(absl::StrCat(
        what,
        ": the system's limit of inotify (/proc/sys/fs/inotify) or of "
        "descriptors (ulimit -n) is reached"));
  }
  return absl::ErrnoToStatus(error, what);
}

}  // namespace

ConfigWatch::~ConfigWatch() {
  if (fd_ >= 0) close(fd_);
}

absl::Status ConfigWatch::Open() {
  fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  const std::string folder = FolderOf(path_);
  if (fd_ < 0) return ErrorOf(folder, errno);
  if (inotify_add_watch(fd_, folder.c_str(), kChanges) < 0) {
    return ErrorOf(folder, errno);
  }
  WatchFolders();
  // After the watch: what comes between is found out.
  known_ = ContentOf(path_);
  return absl::OkStatus();
}

// Of the file, and of each file that a link on the way leads to. A folder that
// is watched already stays so; one that is gone is no more.
void ConfigWatch::WatchFolders() {
  std::error_code error;
  std::filesystem::path path = path_;
  for (int links = 0; links < 8; ++links) {
    inotify_add_watch(fd_, FolderOf(path).c_str(), kChanges);
    const std::filesystem::path target =
        std::filesystem::read_symlink(path, error);
    if (error) break;
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  const std::filesystem::path real = std::filesystem::canonical(path_, error);
  if (!error) inotify_add_watch(fd_, FolderOf(real).c_str(), kChanges);
}

bool ConfigWatch::Changed() {
  for (int waits = 0; waits < kMaxWaits; ++waits) {
    alignas(inotify_event) char events[4096];
    while (read(fd_, events, sizeof(events)) > 0) {
    }
    pollfd fds[] = {{fd_, POLLIN, 0}};
    if (poll(fds, 1, kQuietMs) == 0) break;
  }
  WatchFolders();
  std::string content = ContentOf(path_);
  if (content == known_) return false;
  known_ = std::move(content);
  return true;
}

}  // namespace raft_cluster::internal
