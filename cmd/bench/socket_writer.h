// Writes messages to a connected socket, each behind four bytes of length: many
// in one call, as a program would that wants to be as fast as the system is.
//
// Thread rule: one thread.
#ifndef RAFT_CMD_BENCH_SOCKET_WRITER_H_
#define RAFT_CMD_BENCH_SOCKET_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// Of the length before each message.
inline constexpr size_t kLengthBytes = sizeof(uint32_t);

class SocketWriter {
 public:
  // What is gathered goes when it has `batch_bytes`; 0: each message at once.
  // `fd` outlives this.
  SocketWriter(int fd, size_t batch_bytes)
      : fd_(fd), batch_bytes_(batch_bytes) {}

  // DEADLINE_EXCEEDED: no room for kBenchPatience, or nobody reads any more;
  // to be called again with the same message.
  absl::Status Write(absl::string_view msg);

 private:
  absl::Status Flush();
  // Head and message in one call, with no copy.
  absl::Status WriteLarge(absl::string_view msg);
  // What a call that moved `bytes` (below 0: none) leaves to do: OK if it is
  // to be called again.
  absl::Status After(ptrdiff_t bytes, size_t& done);

  const int fd_;
  const size_t batch_bytes_;
  std::string gathered_;
  size_t flushed_ = 0;     // Of `gathered_`.
  bool taken_ = false;     // The message of an unfinished Write() is in it.
  size_t large_done_ = 0;  // Of the large message that is under way.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SOCKET_WRITER_H_
