// The memory into which connections read. Frames are handed out as views of it,
// so what is held is read over by nobody; what has been let go of is used
// again.
//
// Thread rule: under the transport's lock. What a Lease lends may be let go of
// in any thread, also after the pool has gone.
#ifndef RAFT_TRANSPORT_STREAM_CHUNK_POOL_H_
#define RAFT_TRANSPORT_STREAM_CHUNK_POOL_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace raft_cluster::internal::stream {

struct Chunk {
  // Much for one call of the system, and little for a cache.
  static constexpr size_t kBytes = size_t{128} << 10;

  Chunk() : bytes(new char[kBytes]) {}

  const std::unique_ptr<char[]> bytes;  // Not filled: untouched, it costs none.
  std::atomic<int> leases{0};
};

class ChunkPool {
 public:
  struct Room {
    std::shared_ptr<Chunk> chunk;
    char* data = nullptr;
    size_t size = 0;
  };

  // Where to read into next, at least kMinRoom.
  Room Next();
  // The first `bytes` of that are taken, and may be lent.
  void Take(size_t bytes) { used_ += bytes; }

  // Keeps a part of `chunk` as it is.
  static std::shared_ptr<const void> Lease(const std::shared_ptr<Chunk>& chunk);

  static constexpr size_t kMinRoom = size_t{32} << 10;

 private:
  static constexpr size_t kMostSpare = 8;

  static bool IsFree(const Chunk& chunk) {
    return chunk.leases.load(std::memory_order_acquire) == 0;
  }

  std::shared_ptr<Chunk> current_;
  size_t used_ = 0;
  std::vector<std::shared_ptr<Chunk>> spare_;  // Full, some still held.
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_CHUNK_POOL_H_
