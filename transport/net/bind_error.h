// Why an address cannot be listened on, for those who have to repair it.
//
// Thread rule: a function of values; asks the file system.
#ifndef RAFT_TRANSPORT_NET_BIND_ERROR_H_
#define RAFT_TRANSPORT_NET_BIND_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// With what helps where that is known of this `error` (errno): no guess, since
// it would be believed. `words`: what the error is called. RESOURCE_EXHAUSTED:
// there is no descriptor left. Otherwise UNAVAILABLE.
absl::Status BindError(const Url& url, int error, absl::string_view words);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_BIND_ERROR_H_
