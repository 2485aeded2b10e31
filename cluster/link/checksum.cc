#include "raft/cluster/link/checksum.h"

// The state of a hash over two parts has its size in this part of the header.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>
#if __has_include(<xxh_x86dispatch.h>)
// The widest vectors that the processor has: three times as fast as those that
// all have.
#include <xxh_x86dispatch.h>
#endif

#include <cstddef>
#include <cstring>

namespace raft_cluster::internal {
namespace {

// The same whether hashed at once or in parts; to set up for parts costs more
// than to copy a small frame together.
constexpr size_t kHashedAtOnce = 1024;

}  // namespace

uint32_t Checksum(absl::string_view rest, absl::string_view body) {
  if (body.empty()) {
    return static_cast<uint32_t>(XXH3_64bits(rest.data(), rest.size()));
  }
  if (const size_t size = rest.size() + body.size(); size <= kHashedAtOnce) {
    char all[kHashedAtOnce];
    std::memcpy(all, rest.data(), rest.size());
    std::memcpy(all + rest.size(), body.data(), body.size());
    return static_cast<uint32_t>(XXH3_64bits(all, size));
  }
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, rest.data(), rest.size());
  XXH3_64bits_update(&state, body.data(), body.size());
  return static_cast<uint32_t>(XXH3_64bits_digest(&state));
}

}  // namespace raft_cluster::internal
