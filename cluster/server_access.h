// The way to a server's pump, for what belongs to the library and not to the
// face: Run(), and LocalCluster.
//
// Thread rule: that of Server.
#ifndef RAFT_CLUSTER_SERVER_ACCESS_H_
#define RAFT_CLUSTER_SERVER_ACCESS_H_

#include "raft/cluster/engine/pump.h"
#include "raft/cluster/server.h"

namespace raft_cluster::internal {

class ServerAccess {
 public:
  static Pump& pump(Server& server) { return *server.pump_; }
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_SERVER_ACCESS_H_
