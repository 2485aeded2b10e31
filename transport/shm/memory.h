// The memory that two processes of one host share for a connection: two rings,
// one for each direction, in a file that has no name and lies in no folder.
//
// Whoever maps a file that another process has too depends on its size: to
// touch what has been cut off is a SIGBUS. So its size is sealed by whoever
// makes it, and whoever gets it takes it only with these seals, which cannot be
// taken off again.
//
// It is made of zeros and takes memory as it is written to, page by page: that
// of a connection which carries nothing is one page.
//
// Thread rule: none of its own; functions from any thread.
#ifndef RAFT_TRANSPORT_SHM_MEMORY_H_
#define RAFT_TRANSPORT_SHM_MEMORY_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "raft/transport/shm/ring.h"

namespace raft_cluster::internal::shm {

// Of one direction. As much as the cache of a core holds, and more than is read
// at once, so that both sides have something to do.
inline constexpr size_t kRingBytes = size_t{1} << 20;

// What a ring may hold that another process has chosen.
inline constexpr size_t kMinRingBytes = size_t{64} << 10;
inline constexpr size_t kMaxRingBytes = size_t{64} << 20;

class Memory {
 public:
  // `fd` is for the other process, and the caller's to close.
  struct Made {
    std::unique_ptr<Memory> memory;
    int fd = -1;
  };
  // REQUIRES: `ring_bytes` is a power of two within the bounds.
  // RESOURCE_EXHAUSTED: there is no descriptor, memory or address space left,
  // or the limit of file sizes (ulimit -f) is too low. UNAVAILABLE: the system
  // knows no such memory.
  static absl::StatusOr<Made> Make(size_t ring_bytes);

  // Maps what another process has made, which `fd` need not be. It stays the
  // caller's, and can be closed.
  // INVALID_ARGUMENT: it is no memory, of another size, not sealed, or cannot
  // be written to. RESOURCE_EXHAUSTED: there is no address space left.
  static absl::StatusOr<std::unique_ptr<Memory>> Map(int fd, size_t ring_bytes);

  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // `number`: 0, written by whoever made the memory, or 1, by the other one.
  RingControl* control(int number) const;
  char* bytes(int number) const;
  size_t ring_bytes() const { return ring_bytes_; }

 private:
  Memory(char* mapped, size_t ring_bytes)
      : mapped_(mapped), ring_bytes_(ring_bytes) {}

  static absl::StatusOr<std::unique_ptr<Memory>> MapChecked(int fd,
                                                            size_t ring_bytes);

  char* const mapped_;
  const size_t ring_bytes_;
};

}  // namespace raft_cluster::internal::shm

#endif  // RAFT_TRANSPORT_SHM_MEMORY_H_
