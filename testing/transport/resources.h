// What this process uses.
//
// Thread rule: any thread.
#ifndef RAFT_TESTING_TRANSPORT_RESOURCES_H_
#define RAFT_TESTING_TRANSPORT_RESOURCES_H_

#include <cstddef>

namespace raft_cluster::internal {

int OpenDescriptors();
int ListeningTcpSockets();
size_t ResidentBytes();
bool MemoryIsInstrumented();  // By a sanitizer: its use says nothing.

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_TRANSPORT_RESOURCES_H_
