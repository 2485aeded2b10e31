// Writes to and reads from standard streams without ever waiting for their
// other end.
//
//   Stream out(STDOUT_FILENO, O_WRONLY);
//   out.WriteSome("hello\n");            // 6, or -1 with EAGAIN
//   Stream in(STDIN_FILENO, O_RDONLY);
//   in.ReadSome(buffer, sizeof(buffer));  // As read(), or -1 with EAGAIN
//
// That poll() calls a pipe writable is no promise where others write to it too:
// they may have filled it before the write() comes, and as little is it one
// that something is left to read. Nor may the pipe be made not to block, since
// that would hold for those others as well, the user's shell among them. So the
// stream opens it once more for itself.
//
// Thread rule: one thread at a time.
#ifndef RAFT_CMD_STREAM_H_
#define RAFT_CMD_STREAM_H_

#include <fcntl.h>
#include <sys/types.h>

#include <cstddef>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

class Stream {
 public:
  // `fd` is never closed. `access`: O_RDONLY or O_WRONLY, as of open().
  Stream(int fd, int access);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // How many bytes went out; -1 with errno as of write(): EAGAIN if the reader
  // has left no room.
  ssize_t WriteSome(absl::string_view text);

  // How many bytes came, 0 at the end; -1 with errno as of read(): EAGAIN if
  // there are none yet.
  ssize_t ReadSome(char* buffer, size_t size);

  // To poll() for room, or for something to read.
  int fd() const { return fd_; }

 private:
  enum class Kind {
    kOwn,     // Opened once more, for itself.
    kShared,  // As it was given: it could not be opened once more.
    kSocket,
    kFile,  // Has no reader to wait for.
  };
  int fd_;
  Kind kind_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_STREAM_H_
