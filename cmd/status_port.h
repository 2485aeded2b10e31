// The status ports of the programs: opened before any server is started, so
// that one that is taken ends the program before it has joined.
//
// Thread rule: a function, any thread.
#ifndef RAFT_CMD_STATUS_PORT_H_
#define RAFT_CMD_STATUS_PORT_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "raft/cmd/program.h"
#include "raft/status/status_server.h"

namespace raft_cluster::internal {

// Opens a port at "host:port" and says on stderr where it is, with a warning if
// others than this machine may look; null if `address` is "". kDone, or how the
// program is to end, once the reason has been said: kUsage if it is no address,
// kFailed if it cannot be listened on.
ExitCode OpenStatusPort(absl::string_view address,
                        std::unique_ptr<StatusServer>* port);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_STATUS_PORT_H_
