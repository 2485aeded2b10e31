#include "raft/transport/stream/chunk_pool.h"

#include <algorithm>
#include <utility>

namespace raft_cluster::internal::stream {

ChunkPool::Room ChunkPool::Next() {
  if (current_ != nullptr && IsFree(*current_)) used_ = 0;
  if (current_ == nullptr || Chunk::kBytes - used_ < kMinRoom) {
    const auto found =
        std::find_if(spare_.begin(), spare_.end(),
                     [](const auto& chunk) { return IsFree(*chunk); });
    if (found != spare_.end()) {
      std::swap(current_, *found);
    } else {
      // Those that are held for long are forgotten here, and freed by whoever
      // lets go of them.
      if (current_ != nullptr) spare_.push_back(std::move(current_));
      if (spare_.size() > kMostSpare) spare_.erase(spare_.begin());
      current_ = std::make_shared<Chunk>();
    }
    used_ = 0;
  }
  return {current_, current_->bytes.get() + used_, Chunk::kBytes - used_};
}

std::shared_ptr<const void> ChunkPool::Lease(
    const std::shared_ptr<Chunk>& chunk) {
  chunk->leases.fetch_add(1, std::memory_order_relaxed);
  return std::shared_ptr<const void>(
      chunk->bytes.get(), [chunk](const void* /*bytes*/) {
        chunk->leases.fetch_sub(1, std::memory_order_release);
      });
}

}  // namespace raft_cluster::internal::stream
