#include "raft/testing/mutants/mutant.h"

#include "absl/strings/string_view.h"
#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

absl::string_view wanted;

}  // namespace

bool MutantIs(absl::string_view name) {
  return !wanted.empty() && name == wanted;
}

ScopedMutant::ScopedMutant(absl::string_view name) {
  RAFT_ASSERT(wanted.empty());
  wanted = name;
}

ScopedMutant::~ScopedMutant() { wanted = absl::string_view(); }

}  // namespace raft_cluster::internal
