#include "raft/cmd/reloader.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"

namespace raft_cluster::internal {

void Reloader::Reload() {
  const absl::StatusOr<Config> config = LoadConfig(path_);
  if (!config.ok()) {  // It names the file.
    return Say(absl::StrCat("not reloaded: ", config.status().message()));
  }
  ReloadReport report;
  const absl::Status status = server_.Reload(*config, &report);
  Say(status.ok() ? absl::StrCat(report.ToString(), " (", path_, ")")
                  : absl::StrCat("not reloaded: ", path_, ": ",
                                 InFlags(status.message())));
}

}  // namespace raft_cluster::internal
