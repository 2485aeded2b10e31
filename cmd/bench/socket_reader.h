// Reads what a SocketWriter at the other end has written.
//
// Thread rule: one thread.
#ifndef RAFT_CMD_BENCH_SOCKET_READER_H_
#define RAFT_CMD_BENCH_SOCKET_READER_H_

#include <cstddef>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

class SocketReader {
 public:
  // `fd` outlives this.
  explicit SocketReader(int fd);

  // One read of what is there, as far as there is room: 64 KiB, or more.
  // False: nothing is there, or the other end has gone (`ended()` says which).
  absl::StatusOr<bool> Fill();
  // Hands at most `limit` whole messages to `take`, and returns how many.
  size_t Take(size_t limit,
              absl::FunctionRef<void(absl::string_view msg)> take);

  bool ended() const { return ended_; }
  // The last read got all that it asked for: there may be more.
  bool more() const { return more_; }

 private:
  // Room for what is asked for next, behind what is left of the last.
  void MakeRoom();

  const int fd_;
  size_t capacity_;
  std::unique_ptr<char[]> memory_;
  size_t begin_ = 0;  // What has not been taken is from here
  size_t end_ = 0;    // to here.
  bool ended_ = false;
  bool more_ = false;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SOCKET_READER_H_
