// libzmq's threads block all signals, those included that a thread causes
// itself (SIGSEGV and its like): a fault there would end the process without
// the application's crash handler having been asked.
//
// Thread rule: none of its own.
#ifndef RAFT_TRANSPORT_ZEROMQ_FAULT_SIGNALS_H_
#define RAFT_TRANSPORT_ZEROMQ_FAULT_SIGNALS_H_

#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

// How many descriptors UnblockFaults() needs, for a moment.
inline constexpr int kUnblockFaultsDescriptors = 3;

// Has both threads of a context with one I/O thread unblock the signals of
// faults, soon. Where it cannot, all stays as libzmq has it.
void UnblockFaults(zmq::context_t& context);

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_FAULT_SIGNALS_H_
