// Tells when a file may have changed: written in place, replaced by renaming,
// deleted, or reached through other links than before.
//
//   ConfigWatch watch("/etc/raft/config.json");
//   absl::Status followed = watch.Follow();
//   for (;;) {
//     pollfd fds[] = {{watch.fd(), POLLIN, 0}};
//     poll(fds, 1, -1);
//     if (!watch.Happened()) continue;
//     followed = watch.Follow();
//     ...                           // Read the file, see what it says now.
//   }
//
// What is watched (by inotify) is folders, since a file that is replaced takes
// a watch of its own with it: the folder of the file and those of all links on
// the way to it. In a ConfigMap of Kubernetes, config.json is a link to
// ..data/config.json and ..data one to a folder with the date in its name; what
// is replaced there is ..data. Where something on the way is missing, the last
// folder that is there is watched until it comes.
//
// Changes made by another machine to a network file system are not seen.
//
// Thread rule: one thread.
#ifndef RAFT_CMD_CONFIG_WATCH_H_
#define RAFT_CMD_CONFIG_WATCH_H_

#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"

namespace raft_cluster::internal {

class ConfigWatch {
 public:
  // A relative path counts from the folder in which the process is now.
  explicit ConfigWatch(std::string path);
  ~ConfigWatch();
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;

  // Watches what is now on the way to the file, and no more what was. To be
  // called first, and after each Happened(), before the file is read.
  // RESOURCE_EXHAUSTED and others: a folder cannot be watched (says which and
  // why); what happens in the others is seen.
  absl::Status Follow();

  // Readable once something happened in a folder. Below 0: the system had no
  // descriptor left, as Follow() says.
  int fd() const { return fd_; }

  // Takes what happened, without waiting. False: nothing that matters.
  bool Happened();

 private:
  // The names that matter in a folder.
  using Names = std::set<std::string>;
  using Steps = std::map<std::string, Names>;  // By the path of the folder.

  Steps FindSteps() const;
  absl::Status Watch(const Steps& steps);

  std::string path_;
  int fd_;
  int open_error_;                // Why there is no fd_.
  std::map<int, Names> watched_;  // By the descriptor of the watch.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_CONFIG_WATCH_H_
