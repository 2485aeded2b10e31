// What a reviewer would otherwise have to look for in every new file.

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "raft/tools/checks/layers.h"
#include "raft/tools/checks/tree.h"

namespace raft_cluster::internal {
namespace {

constexpr int kLinesLimit = 400;

bool HasALengthLimit(absl::string_view path) {
  return absl::EndsWith(path, ".h") || absl::EndsWith(path, ".cc") ||
         absl::EndsWith(path, ".bzl") || absl::EndsWith(path, ".sh") ||
         absl::EndsWith(path, ".proto");
}

// "cluster/server.h" -> "RAFT_CLUSTER_SERVER_H_"
std::string GuardOf(const std::string& path) {
  std::string guard =
      absl::StrReplaceAll("raft/" + path, {{"/", "_"}, {".", "_"}});
  for (char& c : guard) c = static_cast<char>(std::toupper(c));
  return absl::StrCat(guard, "_");
}

TEST(HygieneTest, AFilePastTheLimitWantsToBeTwo) {
  for (const File& file : ReadTree()) {
    if (!HasALengthLimit(file.path)) continue;
    EXPECT_LE(std::count(file.content.begin(), file.content.end(), '\n'),
              kLinesLimit)
        << file.path;
  }
}

TEST(HygieneTest, IncludeGuardsFollowThePath) {
  int headers = 0;
  for (const File& file : ReadTree()) {
    if (!absl::EndsWith(file.path, ".h") || IsOfAnotherWorkspace(file.path)) {
      continue;
    }
    ++headers;
    const std::string guard = GuardOf(file.path);
    EXPECT_TRUE(absl::StrContains(
        file.content, absl::StrCat("#ifndef ", guard, "\n#define ", guard)))
        << file.path << " lacks the guard " << guard;
  }
  EXPECT_GE(headers, 2);
}

// The BUILD file that speaks for `path`: the nearest upwards.
const File* BuildFileOf(const std::string& path,
                        const std::vector<File>& files) {
  const File* nearest = nullptr;
  for (const File& file : files) {
    absl::string_view folder = file.path;
    if (absl::ConsumeSuffix(&folder, "BUILD.bazel") &&
        absl::StartsWith(path, folder) &&
        (nearest == nullptr || nearest->path.size() < file.path.size())) {
      nearest = &file;
    }
  }
  return nearest;
}

// True if `build_file` names `source`, or what it is built from where one rule
// stands for several: the name without ".cc" or "_test.cc".
bool Names(absl::string_view build_file, absl::string_view source) {
  for (absl::string_view ending : {"", ".cc", "_test.cc"}) {
    absl::string_view name = source;
    if (absl::ConsumeSuffix(&name, ending) &&
        absl::StrContains(build_file, absl::StrCat("\"", name, "\""))) {
      return true;
    }
  }
  return false;
}

// A source that no target names is neither compiled nor run.
TEST(HygieneTest, EverySourceIsNamedInABuildFile) {
  const std::vector<File> files = ReadTree();
  for (const File& file : files) {
    if (!IsSource(file.path)) continue;
    const File* const build_file = BuildFileOf(file.path, files);
    ASSERT_NE(build_file, nullptr);
    const size_t folder = build_file->path.size() - strlen("BUILD.bazel");
    EXPECT_TRUE(Names(build_file->content, file.path.substr(folder)))
        << file.path << " is in no target of " << build_file->path;
  }
}

// What a line outside its comment says of one carrier; empty if nothing.
std::string CarrierNamedIn(absl::string_view line) {
  // The slashes of a url follow a colon, those of a comment a space.
  for (size_t at = line.find("//"); at != absl::string_view::npos;
       at = line.find("//", at + 1)) {
    if (at == 0 || line[at - 1] == ' ') line = line.substr(0, at);
  }
  const std::string code = absl::AsciiStrToLower(line);
  for (absl::string_view name : {"tcp://", "ipc://", "\"tcp\"", "\"ipc\"",
                                 "loopback", "zmq", "zeromq", "0.0.0.0"}) {
    if (absl::StrContains(code, name)) return std::string(name);
  }
  return "";
}

TEST(HygieneTest, ACarrierIsFoundInCodeAndNotInComments) {
  EXPECT_EQ(CarrierNamedIn("  f(\"use tcp://\");  // Or ipc://."), "tcp://");
  EXPECT_EQ(CarrierNamedIn("#include <zmq.hpp>"), "zmq");
  EXPECT_EQ(CarrierNamedIn("if (host == \"0.0.0.0\") {"), "0.0.0.0");
  EXPECT_EQ(CarrierNamedIn("internal::NewLoopbackNetwork()"), "loopback");
  EXPECT_EQ(CarrierNamedIn("// such as tcp://127.0.0.1:1"), "");
  EXPECT_EQ(CarrierNamedIn("int x;  // As of libzmq."), "");
}

// The cluster serves every transport alike, so it knows none of them; its tests
// have to run over one.
TEST(HygieneTest, TheClusterNamesNoCarrier) {
  int sources = 0;
  for (const File& file : ReadTree()) {
    if (!absl::StartsWith(file.path, "cluster/") || !IsSource(file.path) ||
        absl::EndsWith(file.path, "_test.cc") ||
        absl::StrContains(file.path, "/testing_")) {
      continue;
    }
    ++sources;
    for (absl::string_view line : absl::StrSplit(file.content, '\n')) {
      const std::string name = CarrierNamedIn(line);
      EXPECT_EQ(name, "") << file.path << ": " << line;
    }
  }
  EXPECT_GE(sources, 10) << "the checkout was found";
}

// What tests change in the product is in the tests: testing/mutants.
TEST(HygieneTest, TheClusterKnowsOfNoMutants) {
  int files = 0;
  for (const File& file : ReadTree()) {
    if (!absl::StartsWith(file.path, "cluster/")) continue;
    ++files;
    EXPECT_FALSE(
        absl::StrContains(absl::AsciiStrToLower(file.content), "mutant"))
        << file.path;
    EXPECT_FALSE(absl::StrContains(absl::AsciiStrToLower(file.path), "mutant"))
        << file.path;
  }
  EXPECT_GE(files, 10) << "the checkout was found";
}

}  // namespace
}  // namespace raft_cluster::internal
