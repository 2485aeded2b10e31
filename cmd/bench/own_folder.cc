#include "raft/cmd/bench/own_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {

absl::StatusOr<std::string> MakeOwnFolder() {
  std::error_code error;  // If there is no such folder, mkdtemp() says so.
  std::string folder =
      (std::filesystem::temp_directory_path(error) / "raft-bench-XXXXXX")
          .string();
  if (mkdtemp(&folder[0]) != nullptr) return folder;
  return absl::UnavailableError(
      absl::StrCat("cannot make the folder ", folder, ": ", strerror(errno)));
}

void RemoveOwnFolder(const std::string& folder) {
  if (folder.empty()) return;
  std::error_code ignored;  // What is left is the system's to clean.
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace raft_cluster::internal
