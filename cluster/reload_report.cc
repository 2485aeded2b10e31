#include "raft/cluster/reload_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raft_cluster {

bool ReloadReport::NothingChanged() const {
  return added.empty() && removed.empty() && moved.empty() && rekeyed.empty() &&
         !own_keys;
}

std::string ReloadReport::ToString() const {
  std::vector<std::string> parts;
  if (!added.empty()) {
    parts.push_back(absl::StrCat("added ", absl::StrJoin(added, ", ")));
  }
  if (!removed.empty()) {
    parts.push_back(absl::StrCat("removed ", absl::StrJoin(removed, ", ")));
  }
  if (!moved.empty()) {
    parts.push_back(absl::StrCat("moved ", absl::StrJoin(moved, ", ")));
  }
  if (!rekeyed.empty() || own_keys) {
    parts.push_back(absl::StrCat("other keys for ",
                                 absl::StrJoin(rekeyed, ", "),
                                 own_keys && !rekeyed.empty() ? " and " : "",
                                 own_keys ? "this server" : ""));
  }
  return absl::StrCat(
      "reload ", number, ": ",
      parts.empty() ? "nothing changed" : absl::StrJoin(parts, "; "));
}

}  // namespace raft_cluster
