// Tells when a configuration file has another content: written in place,
// replaced by renaming, or behind a link that leads elsewhere now, as in the
// volume of a Kubernetes ConfigMap.
//
//   ConfigWatch watch(path);
//   absl::Status status = watch.Open();
//   ...                              // watch.fd() is readable:
//   if (watch.Changed()) Reload();
//
// Thread rule: one thread.
#ifndef RAFT_CMD_CONFIG_WATCH_H_
#define RAFT_CMD_CONFIG_WATCH_H_

#include <string>

#include "absl/status/status.h"

namespace raft_cluster::internal {

class ConfigWatch {
 public:
  explicit ConfigWatch(std::string path) : path_(std::move(path)) {}
  ~ConfigWatch();
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;

  // The content at this moment is the known one. RESOURCE_EXHAUSTED: the system
  // has no descriptor, or no watch, left (says which limit). Others: the folder
  // cannot be watched.
  absl::Status Open();
  // Readable when something has happened in the folder of the file, or in that
  // to which it leads. -1 before Open().
  int fd() const { return fd_; }
  // Waits for a moment, since who writes a file may do so in pieces. True: the
  // content is not the one that was known, and is known now; that a file is
  // gone, or cannot be read, is a content of its own.
  bool Changed();

 private:
  void WatchFolders();

  const std::string path_;
  int fd_ = -1;
  std::string known_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_CONFIG_WATCH_H_
