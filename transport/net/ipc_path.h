// A Unix socket's path while a server has it. libzmq unlinks whatever is at the
// path before it binds, and leaves the file there when it closes: it would take
// the path away from a server that lives, delete a file that is no socket, and
// litter.
//
// Thread rule: one thread at a time.
#ifndef RAFT_TRANSPORT_NET_IPC_PATH_H_
#define RAFT_TRANSPORT_NET_IPC_PATH_H_

#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace raft_cluster::internal {

class IpcPath {
 public:
  // `scheme`: of the url, for messages.
  explicit IpcPath(std::string path, std::string scheme = "ipc")
      : path_(std::move(path)), scheme_(std::move(scheme)) {}
  // Removes the socket's file, if it is the one that was bound. Belongs before
  // the socket is closed: as long as it listens, nobody else takes the path.
  ~IpcPath();
  IpcPath(const IpcPath&) = delete;
  IpcPath& operator=(const IpcPath&) = delete;

  // Calls `bind` where the path is free, a socket's file that a dead process
  // left behind included; of two servers that start at once only one gets so
  // far. May wait for the other one, up to a second.
  // UNAVAILABLE: somebody listens there, or it is no socket.
  // RESOURCE_EXHAUSTED: there is no descriptor to find that out with. Otherwise
  // what `bind` answers.
  absl::Status Bind(absl::FunctionRef<absl::Status()> bind);

 private:
  absl::Status CheckFree() const;

  const std::string path_;
  const std::string scheme_;
  // Of the file that was bound; 0 before.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_IPC_PATH_H_
