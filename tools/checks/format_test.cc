// Formatters leave the checkout as it is. A formatter that is not there cannot
// say so: then its case is skipped, which is not to pass.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "raft/tools/checks/layers.h"
#include "raft/tools/checks/shell.h"
#include "raft/tools/checks/tree.h"

namespace raft_cluster::internal {
namespace {

// The paths of the checkout that `wanted` holds for, quoted for the shell.
std::string Paths(bool (*wanted)(absl::string_view path)) {
  std::string paths;
  for (const File& file : ReadTree()) {
    if (wanted(file.path)) absl::StrAppend(&paths, " '", file.path, "'");
  }
  return paths;
}

bool IsBuildFile(absl::string_view path) {
  return absl::EndsWith(path, "BUILD.bazel") ||
         absl::EndsWith(path, "WORKSPACE") || absl::EndsWith(path, ".BUILD") ||
         absl::EndsWith(path, ".bzl");
}

// One version of clang-format does not agree with the next.
std::string FindClangFormat() {
  for (const char* name : {"clang-format-14", "clang-format"}) {
    const Outcome version = Shell(absl::StrCat(name, " --version"));
    if (version.exit_code == 0 &&
        absl::StrContains(version.output, "version 14.")) {
      return name;
    }
  }
  return "";
}

TEST(FormatTest, ClangFormatLeavesSourcesAsTheyAre) {
  const std::string clang_format = FindClangFormat();
  if (clang_format.empty()) {
    GTEST_SKIP() << "clang-format 14 is not installed";
  }
  const Outcome outcome =
      Shell(absl::StrCat(clang_format, " --dry-run -Werror", Paths(IsSource)));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

TEST(FormatTest, BuildifierLeavesBuildFilesAsTheyAre) {
  if (Shell("buildifier --version").exit_code != 0) {
    GTEST_SKIP() << "buildifier is not installed";
  }
  const Outcome outcome =
      Shell(absl::StrCat("buildifier -mode=check", Paths(IsBuildFile)));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

}  // namespace
}  // namespace raft_cluster::internal
