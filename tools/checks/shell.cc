#include "raft/tools/checks/shell.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "raft/tools/checks/tree.h"

namespace raft_cluster::internal {

Outcome Shell(const std::string& command) {
  Outcome outcome{-1, ""};
  FILE* const pipe = popen(
      absl::StrCat("{ cd '", TreeRoot(), "' && ", command, "; } 2>&1").c_str(),
      "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

}  // namespace raft_cluster::internal
