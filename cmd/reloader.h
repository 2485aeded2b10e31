// Has a server read its configuration file again, and says in one line on
// stderr what that did, or why it did nothing.
//
//   Reloader reloader(server, "config.json");
//   reloader.Reload();   // "reload 1: added 4 (config.json)"
//
// Thread rule: any thread.
#ifndef RAFT_CMD_RELOADER_H_
#define RAFT_CMD_RELOADER_H_

#include <string>

#include "raft/cluster/server.h"

namespace raft_cluster::internal {

class Reloader {
 public:
  // The server outlives it.
  Reloader(Server& server, std::string path)
      : server_(server), path_(std::move(path)) {}

  void Reload();
  const std::string& path() const { return path_; }

 private:
  Server& server_;
  const std::string path_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_RELOADER_H_
