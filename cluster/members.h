// What a configuration says to one of its servers: what Server::Start() and
// Server::Reload() put in force.
//
// Thread rule: ReadMembers() from any thread; InForce guards itself.
#ifndef RAFT_CLUSTER_MEMBERS_H_
#define RAFT_CLUSTER_MEMBERS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/base/mutex.h"
#include "raft/cluster/config.h"
#include "raft/cluster/engine/membership.h"
#include "raft/cluster/options.h"
#include "raft/cluster/reload_report.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

struct Members {
  std::string cluster;  // Its name.
  PeerSpec self;
  Url listen;  // What the server binds.
  std::vector<PeerSpec> peers;
  TransportKeys keys;
  uint64_t digest = 0;

  Membership ToMembership() const { return {peers, keys.listed, digest}; }
};

// REQUIRES: CheckConfig() is OK. NOT_FOUND: there is no server `pid`. Others:
// as Server::Start().
absl::StatusOr<Members> ReadMembers(const Config& config, Pid pid,
                                    const Options& options);

// INVALID_ARGUMENT: `wanted` differs from what is in force in what only another
// start can change.
absl::Status CheckReload(const Members& in_force, const Members& wanted);

ReloadReport ReportOf(const MembershipChange& change, const Members& before,
                      const Members& after);

// The configuration of a server that runs.
struct InForce {
  InForce(const Options& options, Members members)
      : options(options), members(std::move(members)) {}

  const Options options;
  Mutex mu;  // Held over a whole reload, so that they follow one another.
  Members members ABSL_GUARDED_BY(mu);
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_MEMBERS_H_
