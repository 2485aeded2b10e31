// What the urls of both schemes may look like, which libzmq is not asked: it
// reads some of them otherwise, and says no more than that it refuses.
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/transport/net/ipc_url.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster::internal {

absl::StatusOr<ParsedUrl> ParseZeroMqUrl(const Url& url) {
  if (url.scheme == "tcp") return ParseTcpUrl(url);
  if (url.scheme == "ipc") return ParseIpcUrl(url);
  return absl::InvalidArgumentError(absl::StrCat(
      "url: \"", url.ToString(), "\" is neither tcp:// nor ipc://"));
}

}  // namespace raft_cluster::internal
