// How a connection begins: over the Unix socket between them, whoever dialled
// hands the memory to whoever listens, who answers whether it takes it.
//
//   dialler                                      listener
//     hello, 32 bytes, with the descriptor  --->
//                                           <--- answer, 16 bytes
//
// Both are written at once, which such a socket keeps together as long as it is
// empty, so whoever gets less has not met one of ours. After that, a byte on
// the socket means no more than "look into the memory".
//
// Each side asks the system whose process the other one is. It has to be of
// the same user, or root's, who may look into our memory as it is. Who may come
// as far as that, the folder of the socket decides.
//
// Thread rule: functions from any thread.
#ifndef RAFT_TRANSPORT_SHM_HANDOVER_H_
#define RAFT_TRANSPORT_SHM_HANDOVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "raft/transport/shm/memory.h"

namespace raft_cluster::internal::shm {

// Numbers as the host has them: it is one host.
struct Hello {
  char magic[8];  // kMagic
  uint32_t version = 1;
  uint32_t reserved = 0;
  uint64_t ring_bytes = 0;
  uint64_t reserved_too = 0;
};
static_assert(sizeof(Hello) == 32, "without gaps");

inline constexpr char kMagic[] = "raftshm\n";

// None of the following waits; what receives answers nothing as long as nothing
// has come. An error ends the connection: UNAVAILABLE, the other side has gone
// or cannot be written to.

// By whoever dialled. PERMISSION_DENIED: the other process is of another user
// (says which), and gets nothing.
absl::Status SendHello(int socket, int memory_fd, size_t ring_bytes);
// INVALID_ARGUMENT: it is no answer, or the other side has not taken the
// memory. PERMISSION_DENIED, RESOURCE_EXHAUSTED: as the other side says.
absl::optional<absl::Status> ReceiveAnswer(int socket);

// By whoever listens. INVALID_ARGUMENT: it is no hello, of another version, or
// carries anything but one descriptor of memory as it should be; what else it
// carries is closed. PERMISSION_DENIED: the other process is of another user
// (says which). RESOURCE_EXHAUSTED: there is no descriptor or address space
// left.
absl::optional<absl::StatusOr<std::unique_ptr<Memory>>> ReceiveHello(
    int socket);
// Says what came of it.
absl::Status SendAnswer(int socket, const absl::Status& result);

}  // namespace raft_cluster::internal::shm

#endif  // RAFT_TRANSPORT_SHM_HANDOVER_H_
