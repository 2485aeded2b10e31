#include "raft/tools/checks/tree.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace raft_cluster::internal {
namespace {

namespace fs = std::filesystem;

bool IsHidden(const fs::path& path) {
  return path.filename().string().front() == '.';
}

File Read(const fs::path& root, const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {path.lexically_relative(root).string(),
          std::string(std::istreambuf_iterator<char>(in), {})};
}

}  // namespace

std::string TreeRoot() {
  std::error_code error;
  const fs::path workspace = fs::canonical("WORKSPACE", error);
  if (error) {
    std::fprintf(stderr, "No WORKSPACE here: is it data of the test? %s\n",
                 error.message().c_str());
    std::abort();
  }
  return workspace.parent_path().string();
}

std::vector<File> ReadTree() {
  const fs::path root = TreeRoot();
  std::vector<File> files;
  for (auto entry = fs::recursive_directory_iterator(root);
       entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->is_directory() && IsHidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && !entry->is_symlink()) {
      files.push_back(Read(root, entry->path()));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

bool IsOfAnotherWorkspace(const std::string& path) {
  for (const char* workspace : {"examples/consumer/", "examples/colliding/"}) {
    if (path.rfind(workspace, 0) == 0) return true;
  }
  return false;
}

}  // namespace raft_cluster::internal
