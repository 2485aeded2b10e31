// Guards a Unix socket's path while a server takes it. libzmq unlinks whatever
// is there and binds, and so would take the path away from a server that lives,
// or delete a file that is no socket.
#ifndef TRANSPORT_ZEROMQ_IPC_PATH_H_
#define TRANSPORT_ZEROMQ_IPC_PATH_H_

#include <string>

#include "absl/status/status.h"

namespace raft {
namespace zeromq {

// Held from before the check until the path is bound, so that of two servers
// that start at once only one passes.
//
// Thread rule: one thread.
class IpcPathGuard {
 public:
  // Waits for other guards in this folder, but not for long.
  explicit IpcPathGuard(const std::string& path);
  ~IpcPathGuard();
  IpcPathGuard(const IpcPathGuard&) = delete;
  IpcPathGuard& operator=(const IpcPathGuard&) = delete;

  // UNAVAILABLE: somebody listens there, or it is no socket. A socket's file
  // that a dead process left behind is no obstacle.
  absl::Status Check() const;

 private:
  const std::string path_;
  int folder_fd_;
};

}  // namespace zeromq
}  // namespace raft

#endif  // TRANSPORT_ZEROMQ_IPC_PATH_H_
