#include "raft/base/allocator.h"

#include <cstddef>
#include <cstdlib>

namespace raft_cluster::internal {
namespace {

// glibc keeps twice as much.
constexpr size_t kShownBytes = size_t{4} << 20;

}  // namespace

void KeepFreedFrames() {
  // Volatile, lest a compiler find that nobody needs it.
  void* volatile block = std::malloc(kShownBytes);
  std::free(block);
}

}  // namespace raft_cluster::internal
