#include "raft/transport/net/peer_url.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {

absl::StatusOr<Url> PeerUrl(const PeerSpec& peer, const std::string& scheme,
                            const UrlParser& parse) {
  if (peer.pid <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to peer ", peer.pid, ": not positive"));
  }
  if (peer.url.scheme != scheme) {
    return absl::InvalidArgumentError(absl::StrCat("cannot connect to \"",
                                                   peer.url.ToString(),
                                                   "\": not ", scheme, "://"));
  }
  absl::StatusOr<ParsedUrl> parsed = parse(peer.url);
  if (!parsed.ok()) return parsed.status();
  if (parsed->wildcard) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to \"", peer.url.ToString(),
                     "\": a wildcard is nobody's address"));
  }
  return parsed->url;
}

}  // namespace raft_cluster::internal
