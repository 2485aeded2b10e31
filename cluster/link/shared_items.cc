#include "raft/cluster/link/shared_items.h"

#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

// A frame's worth, as of a queue's own: frames are cut from it.
constexpr size_t kSharedChunkBytes = kMaxBodyBytes;

}  // namespace

bool SharedItems::Fits(const Outgoing& envelope) const {
  return memory_ != nullptr &&
         used_ + EncodedBytes(envelope) <= kSharedChunkBytes;
}

bool SharedItems::Follows(const std::shared_ptr<char>& memory, size_t end,
                          const Outgoing& envelope) const {
  if (is_stored_) return memory == place_.memory && end == place_.begin;
  return memory == memory_ && end == used_ && Fits(envelope);
}

const SharedItems::Place& SharedItems::Store(const Outgoing& envelope) {
  if (is_stored_) return place_;
  is_stored_ = true;
  if (envelope.is_large()) {
    place_.holding = std::make_shared<Holding>(total_);
    place_.holding->Add(envelope.cost());
    return place_;
  }
  if (!Fits(envelope)) {
    memory_ = std::shared_ptr<char>(new char[kSharedChunkBytes],
                                    std::default_delete<char[]>());
    used_ = 0;
    holding_.reset();
  }
  place_.holding = holding_.lock();
  if (place_.holding == nullptr) {
    // Nobody holds what is before it any more. Its memory is not used again all
    // the same: a frame on its way may still be of it.
    place_.holding = std::make_shared<Holding>(total_);
    holding_ = place_.holding;
  }
  place_.memory = memory_;
  place_.begin = used_;
  char* const memory = memory_.get();
  used_ = static_cast<size_t>(
      Encode(envelope, memory + used_, memory + kSharedChunkBytes) - memory);
  place_.end = used_;
  place_.holding->Add(envelope.cost());
  return place_;
}

}  // namespace raft_cluster::internal
