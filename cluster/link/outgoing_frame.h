// A frame that a link wants sent.
//
// Thread rule: values.
#ifndef RAFT_CLUSTER_LINK_OUTGOING_FRAME_H_
#define RAFT_CLUSTER_LINK_OUTGOING_FRAME_H_

#include <string>

#include "raft/cluster/link/wire.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

// To the peer, or (`reply`) back to where another came from. Encoding it is the
// costly part, and needs no lock.
struct OutgoingFrame {
  Header header;
  std::string prefix;
  Bytes body;
  bool reply = false;
  Origin origin;

  Frame Encode() const { return EncodeFrame(header, prefix, body); }
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_OUTGOING_FRAME_H_
