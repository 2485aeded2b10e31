#include "raft/cmd/status_port.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {

ExitCode OpenStatusPort(absl::string_view address,
                        std::unique_ptr<StatusServer>* port) {
  port->reset();
  if (address.empty()) return kDone;
  absl::StatusOr<std::unique_ptr<StatusServer>> opened =
      StatusServer::Start(address);
  if (!opened.ok()) {
    Say(opened.status().message());
    return opened.status().code() == absl::StatusCode::kInvalidArgument
               ? kUsage
               : kFailed;
  }
  *port = *std::move(opened);
  Say(absl::StrCat("status: ", (*port)->url()));
  if ((*port)->open_to_others()) {
    Say("WARNING: whoever reaches the status port sees the addresses, states "
        "and counts of the cluster; it has neither encryption nor a password");
  }
  return kDone;
}

}  // namespace raft_cluster::internal
