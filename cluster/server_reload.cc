// How a server changes its configuration while it runs.
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/cluster/engine/pump.h"
#include "raft/cluster/members.h"
#include "raft/cluster/server.h"

namespace raft_cluster {

absl::Status Server::Reload(const Config& config, ReloadReport* report) {
  if (pump_->InForkedChild()) return internal::Forked();
  internal::MutexLock lock(in_force_->mu);
  absl::Status status = CheckConfig(config, in_force_->options.transports);
  if (!status.ok()) return status;
  absl::StatusOr<internal::Members> wanted =
      internal::ReadMembers(config, pid_, in_force_->options);
  if (absl::IsNotFound(wanted.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat(wanted.status().message(),
                     "; a server that is to leave its cluster is closed"));
  }
  if (!wanted.ok()) return wanted.status();
  status = internal::CheckReload(in_force_->members, *wanted);
  if (!status.ok()) return status;
  internal::MembershipChange change;
  status = pump_->Reload(wanted->ToMembership(), wanted->keys, &change);
  if (!status.ok()) return status;
  if (report != nullptr) {
    *report = internal::ReportOf(change, in_force_->members, *wanted);
  }
  in_force_->members = *std::move(wanted);
  return absl::OkStatus();
}

}  // namespace raft_cluster
