#include "cmd/find_config.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace raft {
namespace {

using bazel::tools::cpp::runfiles::Runfiles;

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::string ThisProgram() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size < 0 ? "" : std::string(path, static_cast<size_t>(size));
}

std::string ConfigIn(const Runfiles* runfiles) {
  if (runfiles == nullptr) return "";
  const std::string path = runfiles->Rlocation("raft/cmd/config.json");
  return Exists(path) ? path : "";
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
  std::string error;
  std::unique_ptr<Runfiles> runfiles(Runfiles::Create(argv0, &error));
  std::string path = ConfigIn(runfiles.get());
  if (!path.empty()) return path;
  runfiles.reset(Runfiles::Create(ThisProgram(), "", "", &error));
  return ConfigIn(runfiles.get());
}

}  // namespace raft
