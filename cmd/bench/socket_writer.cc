#include "raft/cmd/bench/socket_writer.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/time/clock.h"
#include "raft/cmd/bench/sockets.h"
#include "raft/cmd/bench/system.h"

namespace raft_cluster::internal {
namespace {

// From here on to copy a message costs more than to write it by itself.
constexpr size_t kLargeBytes = size_t{16} << 10;

absl::Status NoRoom() { return absl::DeadlineExceededError("no room"); }

}  // namespace

absl::Status SocketWriter::After(ptrdiff_t bytes, size_t& done) {
  if (bytes >= 0) {
    done += static_cast<size_t>(bytes);
    return absl::OkStatus();
  }
  if (errno == EINTR) return absl::OkStatus();
  if (errno == EAGAIN) return WaitToWrite(fd_) ? absl::OkStatus() : NoRoom();
  if (errno != EPIPE && errno != ECONNRESET) return SocketError("cannot write");
  // The reader has ended before us, as one of them does at the end of a round.
  absl::SleepFor(absl::Milliseconds(1));
  return NoRoom();
}

absl::Status SocketWriter::Flush() {
  while (flushed_ < gathered_.size()) {
    absl::Status status =
        After(send(fd_, gathered_.data() + flushed_,
                   gathered_.size() - flushed_, MSG_NOSIGNAL | MSG_DONTWAIT),
              flushed_);
    if (!status.ok()) return status;
  }
  gathered_.clear();
  flushed_ = 0;
  return absl::OkStatus();
}

absl::Status SocketWriter::WriteLarge(absl::string_view msg) {
  auto length = static_cast<uint32_t>(msg.size());
  char head[kLengthBytes];
  std::memcpy(head, &length, kLengthBytes);
  while (large_done_ < kLengthBytes + msg.size()) {
    iovec parts[2] = {};
    int count = 0;
    if (large_done_ < kLengthBytes) {
      parts[count++] = {head + large_done_, kLengthBytes - large_done_};
    }
    const size_t from = large_done_ - std::min(large_done_, kLengthBytes);
    parts[count++] = {const_cast<char*>(msg.data()) + from, msg.size() - from};
    msghdr header = {};
    header.msg_iov = parts;
    header.msg_iovlen = static_cast<size_t>(count);
    absl::Status status =
        After(sendmsg(fd_, &header, MSG_NOSIGNAL | MSG_DONTWAIT), large_done_);
    if (!status.ok()) return status;
  }
  large_done_ = 0;
  return absl::OkStatus();
}

absl::Status SocketWriter::Write(absl::string_view msg) {
  if (msg.size() >= kLargeBytes) {
    absl::Status status = Flush();
    return status.ok() ? WriteLarge(msg) : status;
  }
  if (!taken_) {
    const auto length = static_cast<uint32_t>(msg.size());
    gathered_.append(reinterpret_cast<const char*>(&length), kLengthBytes);
    gathered_.append(msg.data(), msg.size());
  }
  taken_ = true;
  if (gathered_.size() > batch_bytes_) {
    absl::Status status = Flush();
    if (!status.ok()) return status;
  }
  taken_ = false;
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal
