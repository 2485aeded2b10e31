// Holds docs/transport.md against the seam and the example that it builds:
// what it shows is code that is compiled and tested, and it speaks of every
// call and every property that there is.

#include <fstream>
#include <iterator>
#include <regex>  // NOLINT(build/c++11)
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

std::string Read(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.is_open()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Page() { return Read("docs/transport.md"); }

std::string Example() {
  std::string all;
  for (const char* file :
       {"address.cc", "conversation.cc", "socket.cc", "socket.h",
        "udp_conformance_test.cc", "udp_transport.cc", "udp_transport.h"}) {
    absl::StrAppend(&all, Read(absl::StrCat("examples/udp/", file)));
  }
  return all;
}

std::vector<std::string> CodeIn(absl::string_view page) {
  constexpr absl::string_view kBegin = "```cpp\n";
  std::vector<std::string> blocks;
  for (size_t at = page.find(kBegin); at != page.npos;
       at = page.find(kBegin, at)) {
    at += kBegin.size();
    blocks.emplace_back(page.substr(at, page.find("```", at) - at));
  }
  return blocks;
}

TEST(TransportPage, ShowsCodeOfTheExample) {
  const std::string example = Example();
  const std::vector<std::string> blocks = CodeIn(Page());
  EXPECT_GT(blocks.size(), 5u);
  for (const std::string& block : blocks) {
    EXPECT_TRUE(absl::StrContains(example, block))
        << "examples/udp has it otherwise:\n"
        << block;
  }
}

// The names that `pattern` finds in `text`, which the page has in code.
void ExpectNamed(const std::string& text, const char* pattern,
                 absl::string_view behind, size_t least) {
  const std::string page = Page();
  const std::regex name(pattern);
  size_t names = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), name);
       at != std::sregex_iterator(); ++at) {
    ++names;
    const std::string wanted = absl::StrCat("| `", (*at)[1].str(), behind, "`");
    EXPECT_TRUE(absl::StrContains(page, wanted)) << wanted;
  }
  EXPECT_GE(names, least);
}

TEST(TransportPage, ExplainsEveryCallAndEveryProperty) {
  const std::string seam = Read("transport/transport.h");
  const size_t properties = seam.find("\nstruct Properties {");
  const size_t calls = seam.find("\nclass Transport {");
  ASSERT_NE(properties, seam.npos);
  ASSERT_NE(calls, seam.npos);
  ExpectNamed(
      seam.substr(properties, seam.find("\n};", properties) - properties),
      "\n  (?:bool|size_t|std::string) (\\w+)( =|;)", "", 5);
  ExpectNamed(seam.substr(calls, seam.find("\n};", calls) - calls),
              "\n  virtual [^;~]*?(\\w+)\\(", "()", 10);
}

}  // namespace
}  // namespace raft_cluster::internal
