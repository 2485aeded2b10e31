// Who is meant: a server of a cluster.
#ifndef RAFT_BASE_PID_H_
#define RAFT_BASE_PID_H_

#include <cstdint>

namespace raft_cluster {

// Names a server of a cluster. Positive; 0 stands for nobody.
using Pid = int32_t;

// As a receiver's pid: every peer, never oneself.
inline constexpr Pid kBroadcast = -1;

}  // namespace raft_cluster

#endif  // RAFT_BASE_PID_H_
