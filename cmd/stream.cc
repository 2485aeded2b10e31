#include "raft/cmd/stream.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {

Stream::Stream(int fd, int access) : fd_(fd), kind_(Kind::kFile) {
  struct stat info;
  if (fstat(fd, &info) != 0) return;
  if (S_ISSOCK(info.st_mode)) kind_ = Kind::kSocket;
  if (!S_ISFIFO(info.st_mode) && isatty(fd) == 0) return;
  const int own = open(absl::StrCat("/proc/self/fd/", fd).c_str(),
                       access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  kind_ = own < 0 ? Kind::kShared : Kind::kOwn;
  if (own >= 0) fd_ = own;
}

Stream::~Stream() {
  if (kind_ == Kind::kOwn) close(fd_);
}

ssize_t Stream::WriteSome(absl::string_view text) {
  if (kind_ == Kind::kSocket) {
    return send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  if (kind_ == Kind::kShared) {
    pollfd fds[] = {{fd_, POLLOUT, 0}};
    if (poll(fds, 1, 0) == 0) {
      errno = EAGAIN;
      return -1;
    }
    // A pipe with room takes so much at once.
    text = text.substr(0, PIPE_BUF);
  }
  return write(fd_, text.data(), text.size());
}

ssize_t Stream::ReadSome(char* buffer, size_t size) {
  if (kind_ == Kind::kSocket) return recv(fd_, buffer, size, MSG_DONTWAIT);
  if (kind_ == Kind::kShared) {
    pollfd fds[] = {{fd_, POLLIN, 0}};
    if (poll(fds, 1, 0) == 0) {
      errno = EAGAIN;
      return -1;
    }
  }
  return read(fd_, buffer, size);
}

}  // namespace raft_cluster::internal
