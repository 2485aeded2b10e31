// Frames for tests of what is on the wire: a header with something in each
// field of its state, and frames as a later version of the protocol may send
// them.
//
// Thread rule: free functions.
#ifndef RAFT_CLUSTER_LINK_TESTING_FRAMES_H_
#define RAFT_CLUSTER_LINK_TESTING_FRAMES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "raft/cluster/link/wire.h"
#include "raft/transport/frame.h"

namespace raft_cluster::internal {

// Of a session, from 1 to 2.
Header SomeHeader();

// A frame of this header and of these items, as they are on the wire, in one
// piece. Between them stands a field that nobody here knows, and behind that
// `more`; each item has such a field, too.
Frame LaterFrame(const Header& header, absl::string_view items,
                 absl::string_view more = "");

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_TESTING_FRAMES_H_
