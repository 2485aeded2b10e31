#include "raft/tools/checks/layers.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/tools/checks/tree.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Include {
  std::string from;
  std::string named;  // With its quotes or brackets.
};

std::ostream& operator<<(std::ostream& out, const Include& include) {
  return out << include.from << " includes " << include.named;
}

class Allowed : public testing::TestWithParam<Include> {};
class Forbidden : public testing::TestWithParam<Include> {};

TEST_P(Allowed, HasNoFault) {
  EXPECT_THAT(LayerFaults(GetParam().from,
                          absl::StrCat("#include ", GetParam().named, "\n")),
              IsEmpty());
}

TEST_P(Forbidden, IsCaught) {
  EXPECT_THAT(
      LayerFaults(GetParam().from,
                  absl::StrCat("// A comment.\n#include ", GetParam().named)),
      ElementsAre(HasSubstr(absl::StrCat(GetParam().from, ":2: "))));
}

INSTANTIATE_TEST_SUITE_P(
    Layers, Allowed,
    testing::Values(
        Include{"proto/json.cc", "\"raft/proto/event.pb.h\""},
        Include{"proto/wire/frame.cc", "\"raft/proto/event.pb.h\""},
        Include{"proto/json.cc", "<google/protobuf/any.pb.h>"},
        Include{"transport/url.cc", "\"raft/transport/url.h\""},
        Include{"transport/url.cc", "\"absl/status/status.h\""},
        Include{"transport/url.cc", "<netdb.h>"},
        Include{"transport/url_test.cc", "\"gtest/gtest.h\""},
        Include{"cluster/link/testing_link.h", "\"gtest/gtest.h\""},
        Include{"transport/builtin/builtin.cc",
                "\"raft/transport/loopback/loopback.h\""},
        Include{"transport/builtin/builtin.cc",
                "\"raft/transport/zeromq/zeromq.h\""},
        Include{"transport/loopback/network.cc", "\"raft/transport/frame.h\""},
        Include{"transport/zeromq/socket.cc", "<zmq.hpp>"},
        Include{"transport/zeromq/socket.cc",
                "\"raft/transport/zeromq/peer.h\""},
        Include{"cluster/engine/pump.cc", "\"raft/cluster/link/link.h\""},
        Include{"cluster/engine/pump.cc", "\"raft/transport/transport.h\""},
        Include{"cluster/link/wire.cc", "\"raft/proto/wire/frame.pb.h\""},
        Include{"cluster/link/wire.cc", "\"xxhash.h\""},
        Include{"cmd/server.cc", "\"raft/cluster/server.h\""},
        Include{"cmd/server.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"cmd/server.cc", "\"raft/status/status_server.h\""},
        Include{"status/metrics.cc", "\"raft/cluster/server.h\""},
        Include{"status/metrics.h", "<prometheus/collectable.h>"},
        Include{"status/status_server.cc", "<civetweb.h>"},
        Include{"cmd/bench/zmq_system.cc", "\"zmq.hpp\""},
        Include{"testing/simulation/simulation.h",
                "\"raft/cluster/link/link.h\""},
        Include{"testing/conformance.cc", "<gtest/gtest.h>"},
        Include{"examples/hello.cc", "\"raft/cluster/server.h\""}));

INSTANTIATE_TEST_SUITE_P(
    Layers, Forbidden,
    testing::Values(
        Include{"proto/json.cc", "\"raft/transport/url.h\""},
        Include{"proto/json.cc", "\"raft/cluster/config.h\""},
        Include{"transport/url.cc", "\"raft/proto/config.pb.h\""},
        Include{"transport/url.cc", "\"raft/cluster/config.h\""},
        Include{"transport/url.cc", "<zmq.hpp>"},
        Include{"transport/url.cc", "<zmq.h>"},
        Include{"transport/url.cc", "\"google/protobuf/any.pb.h\""},
        Include{"transport/url.cc", "\"gtest/gtest.h\""},
        Include{"cluster/link/link.h", "\"gtest/gtest.h\""},
        Include{"cluster/testing_link.cc", "\"raft/testing/history.h\""},
        Include{"proto/json.cc", "\"raft/proto/wire/frame.pb.h\""},
        Include{"base/pin.h", "\"raft/proto/event.pb.h\""},
        Include{"base/pin.h", "\"raft/transport/frame.h\""},
        Include{"cluster/server.cc", "\"raft/cluster/link/link.h\""},
        Include{"cluster/server.cc", "\"raft/proto/wire/frame.pb.h\""},
        Include{"cluster/server.cc", "\"raft/transport/builtin/builtin.h\""},
        Include{"cluster/engine/pump.cc", "\"raft/cluster/received.h\""},
        Include{"cluster/link/link.cc", "\"raft/cluster/engine/pump.h\""},
        Include{"transport/net/poller.cc",
                "\"raft/transport/zeromq/zeromq.h\""},
        Include{"transport/registry.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"transport/registry.h", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"transport/loopback/network.cc",
                "\"raft/transport/zeromq/peer.h\""},
        Include{"transport/loopback/network.cc", "<zmq.h>"},
        Include{"transport/zeromq/socket.cc",
                "\"raft/transport/loopback/mailbox.h\""},
        Include{"transport/zeromq/socket.cc", "\"raft/cluster/engine/pump.h\""},
        Include{"transport/zeromq/socket.cc", "\"raft/proto/wire/frame.pb.h\""},
        Include{"cluster/engine/pump.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"cluster/engine/pump.cc",
                "\"raft/transport/loopback/loopback.h\""},
        Include{"cluster/engine/pump.cc", "<zmq.hpp>"},
        Include{"cluster/engine/pump.cc", "\"raft/cmd/flags.h\""},
        Include{"cluster/engine/pump.cc", "\"raft/testing/local_cluster.h\""},
        Include{"cluster/link/link.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"cluster/server.cc", "\"raft/status/metrics.h\""},
        Include{"cluster/server.cc", "<prometheus/collectable.h>"},
        Include{"status/answers.cc", "\"raft/cluster/engine/pump.h\""},
        Include{"status/answers.cc", "\"raft/transport/url.h\""},
        Include{"cmd/server.cc", "<civetweb.h>"},
        Include{"cmd/server.cc", "\"raft/testing/local_cluster.h\""},
        Include{"cmd/bench/runner.cc", "\"zmq.hpp\""},
        Include{"cmd/bench/zmq_system.cc", "\"raft/cluster/server.h\""},
        Include{"testing/local_cluster.cc", "\"raft/cmd/flags.h\""},
        Include{"examples/hello.cc", "\"raft/cmd/flags.h\""},
        // Whatever the spelling.
        Include{"cluster/engine/pump.cc", "<raft/transport/zeromq/zeromq.h>"},
        Include{"cluster/engine/pump.cc", "\"cluster/engine/pump.h\""},
        Include{"cluster/engine/pump.cc", "\"pump.h\""},
        Include{"cluster/engine/pump.cc", "\"../transport/zeromq/zeromq.h\""},
        Include{"cluster/engine/pump.cc", "TRANSPORT_HEADER"}));

TEST(LayersTest, SpacesDoNotHideAnInclude) {
  EXPECT_THAT(
      LayerFaults("cluster/engine/pump.cc", "  #  include  <zmq.hpp>  // x"),
      ElementsAre(HasSubstr("may not include zmq.hpp")));
}

TEST(LayersTest, ImportsOfProtosAreIncludes) {
  EXPECT_THAT(LayerFaults("proto/a.proto",
                          "import \"raft/proto/b.proto\";\n"
                          "import public \"google/protobuf/any.proto\";\n"),
              IsEmpty());
  EXPECT_THAT(
      LayerFaults("proto/a.proto", "import public \"raft/cluster/b.proto\";"),
      ElementsAre(HasSubstr("may not include cluster/b.proto")));
}

TEST(LayersTest, AFolderWithoutALayerIsAFault) {
  EXPECT_THAT(LayerFaults("util/list.h", ""), ElementsAre(HasSubstr("util")));
  EXPECT_THAT(LayerFaults("list.h", ""), ElementsAre(HasSubstr("list.h")));
}

TEST(LayersTest, AnotherEndingDoesNotHideASource) {
  EXPECT_TRUE(IsSource("cluster/engine/pump.hpp"));
  EXPECT_FALSE(IsSource("cluster/BUILD.bazel"));
  EXPECT_THAT(LayerFaults("cluster/engine/pump.hpp", ""),
              ElementsAre(HasSubstr("end in .h or .cc")));
}

// The folders that the files of each include from, subfolders apart.
using Graph = std::map<std::string, std::set<std::string>>;

std::string FolderOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// A way from `from` back to `to`, or nothing.
std::vector<std::string> WayBack(const Graph& graph, const std::string& from,
                                 const std::string& to,
                                 std::set<std::string>& seen) {
  if (from == to) return {from};
  const auto found = graph.find(from);
  if (found == graph.end() || !seen.insert(from).second) return {};
  for (const std::string& next : found->second) {
    std::vector<std::string> way = WayBack(graph, next, to, seen);
    if (way.empty()) continue;
    way.insert(way.begin(), from);
    return way;
  }
  return {};
}

TEST(LayersTest, NoFolderIncludesFromOneThatIncludesFromIt) {
  Graph graph;
  for (const File& file : ReadTree()) {
    if (!IsSource(file.path) || IsOfAnotherWorkspace(file.path)) continue;
    const std::string folder = FolderOf(file.path);
    for (const std::string& included : Included(file.path, file.content)) {
      if (FolderOf(included) != folder) {
        graph[folder].insert(FolderOf(included));
      }
    }
  }
  EXPECT_GE(graph.size(), 10u) << "the checkout was found";
  for (const auto& [folder, included] : graph) {
    for (const std::string& other : included) {
      std::set<std::string> seen;
      EXPECT_THAT(WayBack(graph, other, folder, seen), IsEmpty())
          << folder << " includes from " << other << ", from where there is a "
          << "way back";
    }
  }
}

TEST(LayersTest, HoldInThisCheckout) {
  int sources = 0;
  for (const File& file : ReadTree()) {
    if (!IsSource(file.path) || IsOfAnotherWorkspace(file.path)) continue;
    ++sources;
    for (const std::string& fault : LayerFaults(file.path, file.content)) {
      ADD_FAILURE() << fault;
    }
  }
  // At least those of this folder: the checkout was found.
  EXPECT_GE(sources, 3);
}

}  // namespace
}  // namespace raft_cluster::internal
