// The checksum of a frame: the first field of its head, over all that follows.
//
// Thread rule: a free function.
#ifndef RAFT_CLUSTER_LINK_CHECKSUM_H_
#define RAFT_CLUSTER_LINK_CHECKSUM_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// Of the bytes of both, one behind the other: the same wherever a frame is cut
// into head and body. `rest` is the head behind the checksum itself.
uint32_t Checksum(absl::string_view rest, absl::string_view body);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_CHECKSUM_H_
