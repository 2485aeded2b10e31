// Options with the transports that come with the library: the one thing that
// //cluster has beyond //cluster:core.
#include "raft/cluster/options.h"

#include "raft/transport/builtin/builtin.h"

namespace raft_cluster {

Options::Options() : Options(BuiltinTransports()) {}

}  // namespace raft_cluster
