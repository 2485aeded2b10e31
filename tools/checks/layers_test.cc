#include "raft/tools/checks/layers.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/tools/checks/tree.h"

namespace raft {
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
        Include{"proto/json.cc", "\"raft/proto/frame.pb.h\""},
        Include{"proto/json.cc", "<google/protobuf/any.pb.h>"},
        Include{"transport/url.cc", "\"raft/transport/url.h\""},
        Include{"transport/url.cc", "\"absl/status/status.h\""},
        Include{"transport/url.cc", "<netdb.h>"},
        Include{"transport/url_test.cc", "\"gtest/gtest.h\""},
        Include{"cluster/link/testing_link.h", "\"gtest/gtest.h\""},
        Include{"transport/builtin.cc",
                "\"raft/transport/loopback/loopback.h\""},
        Include{"transport/builtin.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"transport/loopback/network.cc", "\"raft/transport/frame.h\""},
        Include{"transport/zeromq/socket.cc", "<zmq.hpp>"},
        Include{"transport/zeromq/socket.cc",
                "\"raft/transport/zeromq/peer.h\""},
        Include{"cluster/pump.cc", "\"raft/cluster/link/link.h\""},
        Include{"cluster/pump.cc", "\"raft/transport/transport.h\""},
        Include{"cluster/link/wire.cc", "\"raft/proto/frame.pb.h\""},
        Include{"cluster/link/wire.cc", "\"xxhash.h\""},
        Include{"cmd/server.cc", "\"raft/cluster/server.h\""},
        Include{"cmd/server.cc", "\"raft/transport/zeromq/zeromq.h\""},
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
        Include{"transport/registry.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"transport/builtin.h", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"transport/loopback/network.cc",
                "\"raft/transport/zeromq/peer.h\""},
        Include{"transport/loopback/network.cc", "<zmq.h>"},
        Include{"transport/zeromq/socket.cc",
                "\"raft/transport/loopback/mailbox.h\""},
        Include{"transport/zeromq/socket.cc", "\"raft/cluster/pump.h\""},
        Include{"transport/zeromq/socket.cc", "\"raft/proto/frame.pb.h\""},
        Include{"cluster/pump.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"cluster/pump.cc", "\"raft/transport/loopback/loopback.h\""},
        Include{"cluster/pump.cc", "<zmq.hpp>"},
        Include{"cluster/pump.cc", "\"raft/cmd/flags.h\""},
        Include{"cluster/pump.cc", "\"raft/testing/local_cluster.h\""},
        Include{"cluster/link/link.cc", "\"raft/transport/zeromq/zeromq.h\""},
        Include{"cmd/server.cc", "\"raft/testing/local_cluster.h\""},
        Include{"cmd/bench/runner.cc", "\"zmq.hpp\""},
        Include{"cmd/bench/zmq_system.cc", "\"raft/cluster/server.h\""},
        Include{"testing/local_cluster.cc", "\"raft/cmd/flags.h\""},
        Include{"examples/hello.cc", "\"raft/cmd/flags.h\""},
        // Whatever the spelling.
        Include{"cluster/pump.cc", "<raft/transport/zeromq/zeromq.h>"},
        Include{"cluster/pump.cc", "\"cluster/pump.h\""},
        Include{"cluster/pump.cc", "\"pump.h\""},
        Include{"cluster/pump.cc", "\"../transport/zeromq/zeromq.h\""},
        Include{"cluster/pump.cc", "TRANSPORT_HEADER"}));

TEST(LayersTest, SpacesDoNotHideAnInclude) {
  EXPECT_THAT(LayerFaults("cluster/pump.cc", "  #  include  <zmq.hpp>  // x"),
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
  EXPECT_TRUE(IsSource("cluster/pump.hpp"));
  EXPECT_FALSE(IsSource("cluster/BUILD.bazel"));
  EXPECT_THAT(LayerFaults("cluster/pump.hpp", ""),
              ElementsAre(HasSubstr("end in .h or .cc")));
}

TEST(LayersTest, HoldInThisCheckout) {
  int sources = 0;
  for (const File& file : ReadTree()) {
    if (!IsSource(file.path)) continue;
    ++sources;
    for (const std::string& fault : LayerFaults(file.path, file.content)) {
      ADD_FAILURE() << fault;
    }
  }
  // At least those of this folder: the checkout was found.
  EXPECT_GE(sources, 3);
}

}  // namespace
}  // namespace raft
