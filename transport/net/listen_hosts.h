// Where to listen for a url with a host: at the addresses of a host name.
//
// Thread rule: any thread. Waits for the resolver, some seconds at most.
#ifndef RAFT_TRANSPORT_NET_LISTEN_HOSTS_H_
#define RAFT_TRANSPORT_NET_LISTEN_HOSTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "raft/transport/net/resolver.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// The addresses of `host`, the host of `url`, in the order to try them: itself
// where it is none to be resolved. UNAVAILABLE: it is not resolved, or not in
// time; says so of `url`.
absl::StatusOr<Addresses> ListenHosts(const Url& url, const std::string& host,
                                      Resolver& resolver);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_LISTEN_HOSTS_H_
