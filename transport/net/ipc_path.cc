#include "raft/transport/net/ipc_path.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>  // NOLINT(build/c++11)
#include <cstring>
#include <thread>  // NOLINT(build/c++11)

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "raft/transport/net/descriptors.h"

namespace raft_cluster::internal {
namespace {

// We hold it for some milliseconds. Whoever holds it for longer means something
// else by a lock on the folder.
constexpr int kLockTries = 100;
constexpr std::chrono::milliseconds kLockPause{10};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// An error: it cannot be asked.
absl::StatusOr<bool> SomebodyListens(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return DescriptorError(errno);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int rc =
      connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  // EAGAIN: its queue of callers is full.
  const bool listens = rc == 0 || errno == EAGAIN;
  close(fd);
  return listens;
}

// libzmq removes what is at a path before it binds it, so of two servers that
// start at once the second would take the first one's path away. The lock is on
// the folder: a file for it would be left behind.
// Held from the look at the path until it is bound.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder)
      : fd_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    for (int i = 0; fd_ >= 0 && i < kLockTries; ++i) {
      if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
      std::this_thread::sleep_for(kLockPause);
    }
  }
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  const int fd_;
};

}  // namespace

IpcPath::~IpcPath() {
  // Only if it is still ours: another may have the path by now.
  struct stat info;
  if (inode_ != 0 && lstat(path_.c_str(), &info) == 0 &&
      info.st_dev == device_ && info.st_ino == inode_) {
    unlink(path_.c_str());
  }
}

absl::Status IpcPath::Bind(absl::FunctionRef<absl::Status()> bind) {
  const FolderLock lock(FolderOf(path_));
  absl::Status status = CheckFree();
  if (status.ok()) status = bind();
  struct stat info;
  if (status.ok() && lstat(path_.c_str(), &info) == 0) {
    device_ = info.st_dev;
    inode_ = info.st_ino;
  }
  return status;
}

absl::Status IpcPath::CheckFree() const {
  struct stat info;
  if (lstat(path_.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on \"", scheme_, "://", path_,
        "\": there is something at this path that is not a socket"));
  }
  // Whoever is not known to be dead keeps its address: to bind is to remove
  // what is there.
  const absl::StatusOr<bool> listens = SomebodyListens(path_);
  if (!listens.ok()) {
    return absl::Status(
        listens.status().code(),
        absl::StrCat("cannot listen on \"", scheme_, "://", path_,
                     "\": ", listens.status().message()));
  }
  if (*listens) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on \"", scheme_, "://", path_,
                     "\": address in use; another process, perhaps the same "
                     "server started twice, listens there"));
  }
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal
