// Who is meant: a server of a cluster.
//
// Every public header includes this one.
#ifndef RAFT_BASE_PID_H_
#define RAFT_BASE_PID_H_

#if __cplusplus < 201703L
#error "raft needs C++17 or later: compile with -std=c++17"
#endif

#include <cstdint>

namespace raft_cluster {

// Names a server of a cluster. Positive; 0 stands for nobody.
using Pid = int32_t;

// As a receiver's pid: every peer, never oneself.
inline constexpr Pid kBroadcast = -1;

}  // namespace raft_cluster

#endif  // RAFT_BASE_PID_H_
