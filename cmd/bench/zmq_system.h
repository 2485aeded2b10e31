// The baseline: bare libzmq. Each server receives from one socket, a DEALER, or
// a ROUTER in a mesh; each thread that sends has one DEALER per receiver. All
// options are libzmq's defaults; each server has a context of its own, unless
// inproc is to connect them.
#ifndef RAFT_CMD_BENCH_ZMQ_SYSTEM_H_
#define RAFT_CMD_BENCH_ZMQ_SYSTEM_H_

#include <memory>
#include <string>
#include <vector>

#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/system.h"

namespace raft_cluster::internal {

// `urls` as for raft; loopback stands for inproc.
std::unique_ptr<System> NewZmqSystem(const Plan& plan,
                                     const std::vector<std::string>& urls);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_ZMQ_SYSTEM_H_
