// The transports of programs that run under a Schedule: a network in memory
// whose Wait() sleeps in the schedule's time, and a check of those who use it.
//
//   const Opener open = NewScheduledNetwork();
//   auto one = Checked(*open({ParseUrl("loopback://one").value(), 1}));
//
// The network is transport/loopback. Both pass the conformance suite of
// transports.
//
// Thread rule: the threads of one schedule.
#ifndef RAFT_TESTING_INTERLEAVING_NETWORK_H_
#define RAFT_TESTING_INTERLEAVING_NETWORK_H_

#include <memory>

#include "raft/transport/transport.h"

namespace raft_cluster::internal {

// What is opened through it, or its copies, meets in one network. Its errors
// are those of loopback.
Opener NewScheduledNetwork();

// Stands before a transport. Another thread may go on before each call of it.
// The run fails where somebody breaks a rule of transport/transport.h: uses it
// from two threads at once, destroys it while it is in use, or waits twice; and
// where a lock is held over a call but the one that is its ownership.
std::unique_ptr<Transport> Checked(std::unique_ptr<Transport> inner);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_NETWORK_H_
