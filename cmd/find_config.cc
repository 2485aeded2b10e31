#include "raft/cmd/find_config.h"

#include <glob.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::string ThisProgram() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size < 0 ? "" : std::string(path, static_cast<size_t>(size));
}

// The config in a folder of runfiles. It has a folder for each repository, and
// only the user knows what this one is called.
std::string ConfigIn(const std::string& runfiles) {
  glob_t found;
  std::string path;
  if (glob(absl::StrCat(runfiles, "/*/cmd/config.json").c_str(), /*flags=*/0,
           /*errfunc=*/nullptr, &found) == 0) {
    path = found.gl_pathv[0];
  }
  globfree(&found);
  return path;
}

}  // namespace

std::string ConfigPath(absl::string_view flag, const std::string& user_folder,
                       const std::string& shipped) {
  const std::string path = absl::StartsWith(flag, "/")
                               ? std::string(flag)
                               : absl::StrCat(user_folder, "/", flag);
  const bool replace =
      flag == kDefaultConfig && !shipped.empty() && !Exists(path);
  return replace ? shipped : path;
}

std::string ShortPath(absl::string_view path, const std::string& user_folder) {
  return std::string(absl::StripPrefix(path, absl::StrCat(user_folder, "/")));
}

std::string UserFolder() {
  if (const char* folder = std::getenv("BUILD_WORKING_DIRECTORY")) {
    return folder;
  }
  char folder[PATH_MAX];
  return getcwd(folder, sizeof(folder)) != nullptr ? folder : ".";
}

std::string ShippedConfig(const std::string& argv0) {
  // As the environment says, which tests set; else beside the program, also
  // where it was started through a link or PATH.
  const char* const folder = std::getenv("RUNFILES_DIR");
  for (const std::string& runfiles :
       {std::string(folder == nullptr ? "" : folder), argv0 + ".runfiles",
        ThisProgram() + ".runfiles"}) {
    std::string path = runfiles.empty() ? "" : ConfigIn(runfiles);
    if (!path.empty()) return path;
  }
  return "";
}

}  // namespace raft_cluster::internal
