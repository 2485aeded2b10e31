// Whom a carrier is told to connect to.
//
// Thread rule: a function of values.
#ifndef RAFT_TRANSPORT_NET_PEER_URL_H_
#define RAFT_TRANSPORT_NET_PEER_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// The canonical url of a peer, for Transport::Connect() of a transport of this
// scheme. INVALID_ARGUMENT: the pid is not positive, or the url is of another
// scheme, a wildcard, or what `parse` refuses.
absl::StatusOr<Url> PeerUrl(const PeerSpec& peer, const std::string& scheme,
                            const UrlParser& parse);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_PEER_URL_H_
