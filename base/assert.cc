#include "raft/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace raft_cluster::internal {

void FailAssertion(const char* file, int line, const char* condition) {
  // stdio needs no memory of malloc's here, which may be what is broken.
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace raft_cluster::internal
