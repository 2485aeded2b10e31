// The version of the library, as MODULE.bazel and CHANGELOG.md have it.
#ifndef RAFT_BASE_VERSION_H_
#define RAFT_BASE_VERSION_H_

#include "raft/base/pid.h"

namespace raft_cluster {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace raft_cluster

#endif  // RAFT_BASE_VERSION_H_
