#include "raft/cmd/bench/socket_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "raft/cmd/bench/socket_writer.h"
#include "raft/cmd/bench/sockets.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;

size_t LengthAt(const char* data) {
  uint32_t length;
  std::memcpy(&length, data, kLengthBytes);
  return length;
}

}  // namespace

SocketReader::SocketReader(int fd)
    : fd_(fd), capacity_(2 * kReadBytes), memory_(new char[capacity_]) {}

void SocketReader::MakeRoom() {
  const size_t left = end_ - begin_;
  size_t wanted = left + kReadBytes;
  if (left >= kLengthBytes) {
    wanted = std::max(wanted, kLengthBytes + LengthAt(memory_.get() + begin_));
  }
  if (begin_ + wanted <= capacity_) return;
  if (wanted <= capacity_) {
    std::memmove(memory_.get(), memory_.get() + begin_, left);
  } else {
    std::unique_ptr<char[]> larger(new char[wanted]);
    std::memcpy(larger.get(), memory_.get() + begin_, left);
    memory_ = std::move(larger);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = left;
}

absl::StatusOr<bool> SocketReader::Fill() {
  MakeRoom();
  const size_t asked = capacity_ - end_;
  ptrdiff_t bytes;
  do {
    bytes = recv(fd_, memory_.get() + end_, asked, MSG_DONTWAIT);
  } while (bytes < 0 && errno == EINTR);
  more_ = bytes == static_cast<ptrdiff_t>(asked);
  if (bytes > 0) {
    end_ += static_cast<size_t>(bytes);
    return true;
  }
  if (bytes < 0 && errno == EAGAIN) return false;
  if (bytes < 0 && errno != ECONNRESET) return SocketError("cannot read");
  ended_ = true;
  return false;
}

size_t SocketReader::Take(size_t limit,
                          absl::FunctionRef<void(absl::string_view msg)> take) {
  size_t count = 0;
  for (; count < limit && end_ - begin_ >= kLengthBytes; ++count) {
    const char* const data = memory_.get() + begin_;
    const size_t length = LengthAt(data);
    if (end_ - begin_ - kLengthBytes < length) break;
    take(absl::string_view(data + kLengthBytes, length));
    begin_ += kLengthBytes + length;
  }
  if (begin_ == end_) begin_ = end_ = 0;
  return count;
}

}  // namespace raft_cluster::internal
