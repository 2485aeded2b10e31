// What the documents say about the tree must be there.

#include <algorithm>
#include <filesystem>
#include <regex>  // NOLINT(build/c++11)
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "raft/tools/checks/tree.h"

namespace raft_cluster::internal {
namespace {

std::string ContentOf(const std::vector<File>& files, absl::string_view path) {
  const auto file =
      std::find_if(files.begin(), files.end(),
                   [path](const File& each) { return each.path == path; });
  if (file != files.end()) return file->content;
  ADD_FAILURE() << "there is no " << path;
  return "";
}

TEST(ReadmeTest, ShowsTheExampleThatIsBuiltAndRun) {
  const std::vector<File> files = ReadTree();
  const std::string example = ContentOf(files, "examples/hello.cc");
  const std::string shown = absl::StrCat(
      "```cpp\n",
      example.substr(std::min(example.find("#include"), example.size())),
      "```\n");
  EXPECT_TRUE(absl::StrContains(ContentOf(files, "README.md"), shown))
      << "README.md does not show this:\n"
      << shown;
}

// The targets of `[text](target)` that are neither on the web nor in the same
// document.
std::vector<std::string> LinksOf(absl::string_view document) {
  std::vector<std::string> links;
  for (size_t at = document.find("]("); at != absl::string_view::npos;
       at = document.find("](", at + 1)) {
    const absl::string_view rest = document.substr(at + 2);
    const absl::string_view link = rest.substr(0, rest.find_first_of(")#"));
    if (!link.empty() && !absl::StrContains(link, "://")) {
      links.emplace_back(link);
    }
  }
  return links;
}

TEST(ReadmeTest, LinksLeadToFiles) {
  const std::filesystem::path root = TreeRoot();
  int links = 0;
  for (const File& file : ReadTree()) {
    if (!absl::EndsWith(file.path, ".md")) continue;
    for (const std::string& link : LinksOf(file.content)) {
      ++links;
      EXPECT_TRUE(
          std::filesystem::exists((root / file.path).parent_path() / link))
          << file.path << " leads to " << link;
    }
  }
  EXPECT_GT(links, 0);
}

// What the documents tell people to build and run: targets with a name of
// their own, as rules, macros and aliases give it.
TEST(ReadmeTest, TargetsAreThere) {
  const std::vector<File> files = ReadTree();
  const std::regex label("[^a-z_:]//([a-z_/]+):([a-z_]+)");
  int labels = 0;
  for (const File& file : files) {
    if (!absl::EndsWith(file.path, ".md")) continue;
    for (std::sregex_iterator at(file.content.begin(), file.content.end(),
                                 label);
         at != std::sregex_iterator(); ++at) {
      const std::string name = (*at)[2].str();
      if (name == "all") continue;
      ++labels;
      const std::string rules =
          ContentOf(files, absl::StrCat((*at)[1].str(), "/BUILD.bazel"));
      EXPECT_TRUE(absl::StrContains(rules, absl::StrCat("\"", name, "\"")))
          << file.path << " names " << (*at)[0].str();
    }
  }
  EXPECT_GT(labels, 0);
}

// The version is in base/version.h; who repeats it must not go astray.
TEST(ReadmeTest, OneVersionIsEverywhere) {
  const std::vector<File> files = ReadTree();
  const std::string header = ContentOf(files, "base/version.h");
  std::smatch version;
  ASSERT_TRUE(std::regex_search(header, version,
                                std::regex("kVersion\\[\\] = \"([0-9.]+)\"")));
  const std::string module =
      absl::StrCat("version = \"", version[1].str(), "\"");
  for (const char* path :
       {"MODULE.bazel", "examples/colliding/MODULE.bazel", "README.md"}) {
    EXPECT_TRUE(absl::StrContains(ContentOf(files, path), module))
        << path << " lacks " << module;
  }
  const std::string changes = ContentOf(files, "CHANGELOG.md");
  const size_t latest = changes.find("\n## ");
  ASSERT_NE(latest, std::string::npos);
  EXPECT_TRUE(absl::StartsWith(changes.substr(latest),
                               absl::StrCat("\n## ", version[1].str())))
      << changes.substr(latest, 40);
}

// "Suite.Name" for each TEST(Suite, Name), TEST_F and TEST_P.
std::set<std::string> TestsOf(const std::vector<File>& files) {
  const std::regex test(R"(\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\))");
  std::set<std::string> tests;
  for (const File& file : files) {
    if (!absl::EndsWith(file.path, ".cc")) continue;
    for (std::sregex_iterator at(file.content.begin(), file.content.end(),
                                 test);
         at != std::sregex_iterator(); ++at) {
      tests.insert(absl::StrCat((*at)[1].str(), ".", (*at)[2].str()));
    }
  }
  return tests;
}

TEST(FailuresTest, NamesTestsThatThereAre) {
  const std::vector<File> files = ReadTree();
  const std::set<std::string> tests = TestsOf(files);
  const std::string document = ContentOf(files, "docs/failures.md");
  const std::regex name("`([A-Z]\\w+\\.[A-Z]\\w+)`");
  int names = 0;
  for (std::sregex_iterator at(document.begin(), document.end(), name);
       at != std::sregex_iterator(); ++at) {
    ++names;
    EXPECT_EQ(tests.count((*at)[1].str()), 1u) << (*at)[1].str();
  }
  EXPECT_GT(names, 0);
}

}  // namespace
}  // namespace raft_cluster::internal
