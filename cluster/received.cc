#include "raft/cluster/received.h"

#include <string>

namespace raft_cluster {

Envelope Received::ToProto() const {
  Envelope envelope;
  envelope.set_to(to_);
  envelope.set_from(from_);
  envelope.set_id(id_);
  envelope.set_msg(std::string(msg_));
  return envelope;
}

}  // namespace raft_cluster
