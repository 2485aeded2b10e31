// What a change of the configuration did to a running server.
//
//   const auto config = raft_cluster::LoadConfig("config.json");
//   if (!config.ok()) return Fail(config.status());
//   raft_cluster::ReloadReport report;
//   const absl::Status status = server->Reload(*config, &report);
//   std::cerr << (status.ok() ? report.ToString() : status.ToString()) << "\n";
//   // reload 3: added 4; removed 2; moved 1
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_RELOAD_REPORT_H_
#define RAFT_CLUSTER_RELOAD_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "raft/base/pid.h"

namespace raft_cluster {

// A peer stands in one of the lists at most; each is in the order of pids.
struct ReloadReport {
  uint64_t number = 0;       // 1 for the first reload of this server.
  std::vector<Pid> added;    // Peers that the former configuration had not.
  std::vector<Pid> removed;  // Peers that the new one has not.
  std::vector<Pid> moved;    // At another url; their keys may differ, too.
  std::vector<Pid> rekeyed;  // At the same url, with other keys.
  bool own_keys = false;     // This server's own: its secret, or its entry's.

  bool NothingChanged() const;
  // One line, for people: "reload 3: added 4; removed 2; moved 1; other keys
  // for 5, 6 and this server", or "reload 3: nothing changed".
  std::string ToString() const;
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_RELOAD_REPORT_H_
