#include "raft/testing/proxy/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace raft_cluster::internal {
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;

void CloseByReset(int fd) {
  const linger at_once = {/*l_onoff=*/1, /*l_linger=*/0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(fd);
}

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

void ProxiedConnection::End(Cut how) {
  for (int& fd : fds_) {
    if (fd < 0) continue;
    const int ended = std::exchange(fd, -1);
    if (how == Cut::kReset) {
      CloseByReset(ended);
    } else {
      // What was sent comes first: if there is anything left to read, close()
      // alone would be a reset.
      shutdown(ended, SHUT_WR);
      close(ended);
    }
  }
}

void ProxiedConnection::HalfClose(int way) {
  Stream& stream = streams_[way];
  stream.lost = stream.to_close = true;
  stream.buffer.clear();
}

void ProxiedConnection::Darken(int way) {
  Stream& stream = streams_[way];
  stream.lost = stream.dark = true;
  stream.buffer.clear();
}

short ProxiedConnection::Events(int end, size_t limit_bytes) const {
  const Stream& from = streams_[end];
  const Stream& to = streams_[1 - end];
  int events = 0;
  if (!from.at_end && from.buffer.empty()) events |= POLLIN;
  if (!to.buffer.empty() && limit_bytes > 0) events |= POLLOUT;
  return static_cast<short>(events);
}

bool ProxiedConnection::Read(int way) {
  Stream& stream = streams_[way];
  stream.buffer.resize(kBufferBytes);
  const ssize_t count = recv(fds_[way], &stream.buffer[0], kBufferBytes, 0);
  const bool failed = count < 0 && !WouldBlock();
  stream.buffer.resize(count > 0 && !stream.lost ? count : 0);
  tamperer_->See(&stream.buffer);
  if (failed && !stream.dark) return false;
  if (failed || count == 0) {
    stream.at_end = true;
    if (!stream.dark) stream.to_close = true;
  }
  return true;
}

size_t ProxiedConnection::Move(int way, bool readable, size_t limit_bytes) {
  Stream& stream = streams_[way];
  if (readable && !stream.at_end && stream.buffer.empty() && !Read(way)) {
    End(Cut::kReset);
    return 0;
  }
  const size_t size = std::min(stream.buffer.size(), limit_bytes);
  size_t passed = 0;
  if (size > 0) {
    const ssize_t count =
        send(fds_[1 - way], stream.buffer.data(), size, MSG_NOSIGNAL);
    if (count < 0 && !WouldBlock()) {
      End(Cut::kReset);
      return 0;
    }
    passed = static_cast<size_t>(std::max<ssize_t>(count, 0));
    stream.buffer.erase(0, passed);
    passed_bytes_ += passed;
  }
  if (stream.to_close && !stream.closed && stream.buffer.empty()) {
    shutdown(fds_[1 - way], SHUT_WR);
    stream.closed = true;
  }
  if (streams_[0].closed && streams_[1].closed) End(Cut::kClose);
  return passed;
}

}  // namespace raft_cluster::internal
