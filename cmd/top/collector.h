// Makes one picture of a cluster out of what its status ports answer, again and
// again: rates from one answer to the next, and those in trouble first.
//
// Thread rule: one thread.
#ifndef RAFT_CMD_TOP_COLLECTOR_H_
#define RAFT_CMD_TOP_COLLECTOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "raft/cmd/top/cluster_status.pb.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

class Collector {
 public:
  explicit Collector(const std::vector<std::string>& urls);

  // `answers` are in the order of the urls. One that was not waited for
  // (CANCELLED) leaves its server as it was.
  void Add(uint64_t unix_us, const std::vector<absl::StatusOr<Stats>>& answers);

  // After the first Add().
  ClusterStatus Collect() const;

 private:
  std::vector<ClusterStatus::Server> servers_;  // In the order of the urls.
  uint64_t unix_us_ = 0;
};

// How much a server wants to be looked at: the greater the worse.
int64_t Trouble(const ClusterStatus::Server& server);

// UP or SLOW.
bool IsLive(const PeerStats& peer);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_TOP_COLLECTOR_H_
