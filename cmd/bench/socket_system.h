// The physical limit: TCP sockets of the system, with nothing around them but a
// length before each message. A stream is written in batches of 64 KiB and read
// in such pieces; there and back each message is written at once, over one
// connection, and its reader sleeps in epoll_wait(). Each thread that sends has
// one connection per receiver. Nothing is promised: no order between senders,
// no answer, no second try.
#ifndef RAFT_CMD_BENCH_SOCKET_SYSTEM_H_
#define RAFT_CMD_BENCH_SOCKET_SYSTEM_H_

#include <memory>
#include <string>
#include <vector>

#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/system.h"

namespace raft_cluster::internal {

// `urls` are tcp://127.0.0.1:PORT.
std::unique_ptr<System> NewSocketSystem(const Plan& plan,
                                        const std::vector<std::string>& urls);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SOCKET_SYSTEM_H_
