#include "raft/transport/net/listen_hosts.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "raft/transport/net/address.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kResolveTimeout = absl::Seconds(5);

absl::Status NotResolved(const Url& url, absl::string_view why) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on \"", url.ToString(), "\": ", why));
}

}  // namespace

absl::StatusOr<Addresses> ListenHosts(const Url& url, const std::string& host,
                                      Resolver& resolver) {
  if (!IsHostName(host)) return Addresses{host};
  const std::shared_ptr<Lookup> lookup = resolver.Start(host);
  if (!lookup->WaitUntilDone(kResolveTimeout)) {
    return NotResolved(url,
                       absl::StrCat("the host name was not resolved within ",
                                    absl::FormatDuration(kResolveTimeout)));
  }
  absl::StatusOr<Addresses> resolved = lookup->result();
  if (!resolved.ok()) return NotResolved(url, resolved.status().message());
  return resolved;
}

}  // namespace raft_cluster::internal
