// Public headers include public headers only: ours that are on the list, and
// those of abseil and the standard library. That each compiles alone is shown
// by building :public_headers, which this test depends on.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "raft/tools/checks/layers.h"
#include "raft/tools/checks/tree.h"

namespace raft_cluster::internal {
namespace {

std::set<std::string> PublicHeaders() {
  std::ifstream list("tools/checks/public_headers_list.txt");
  return {std::istream_iterator<std::string>(list), {}};
}

// Generated from a public proto.
bool IsPublicProto(absl::string_view path) {
  return absl::StartsWith(path, "proto/") && absl::EndsWith(path, ".pb.h") &&
         std::count(path.begin(), path.end(), '/') == 1;
}

TEST(PublicHeadersTest, IncludePublicHeadersOnly) {
  const std::set<std::string> headers = PublicHeaders();
  ASSERT_GE(headers.size(), 10u);
  size_t found = 0;
  for (const File& file : ReadTree()) {
    if (headers.count(file.path) == 0) continue;
    ++found;
    for (const std::string& included : Included(file.path, file.content)) {
      EXPECT_TRUE(headers.count(included) > 0 || IsPublicProto(included))
          << file.path << " includes " << included << ", which is internal";
    }
  }
  EXPECT_EQ(found, headers.size()) << "one of the list is not there";
}

}  // namespace
}  // namespace raft_cluster::internal
