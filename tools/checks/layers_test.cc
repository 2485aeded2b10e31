#include "tools/checks/layers.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/checks/tree.h"

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
        Include{"proto/json.cc", "\"proto/frame.pb.h\""},
        Include{"proto/json.cc", "<google/protobuf/any.pb.h>"},
        Include{"transport/url.cc", "\"transport/url.h\""},
        Include{"transport/url.cc", "\"absl/status/status.h\""},
        Include{"transport/url.cc", "<netdb.h>"},
        Include{"transport/url_test.cc", "\"gtest/gtest.h\""},
        Include{"cluster/link/testing_link.h", "\"gtest/gtest.h\""},
        Include{"transport/builtin.cc", "\"transport/loopback/loopback.h\""},
        Include{"transport/builtin.cc", "\"transport/zeromq/zeromq.h\""},
        Include{"transport/loopback/network.cc", "\"transport/frame.h\""},
        Include{"transport/zeromq/socket.cc", "<zmq.hpp>"},
        Include{"transport/zeromq/socket.cc", "\"transport/zeromq/peer.h\""},
        Include{"cluster/pump.cc", "\"cluster/link/link.h\""},
        Include{"cluster/pump.cc", "\"transport/transport.h\""},
        Include{"cluster/link/wire.cc", "\"proto/frame.pb.h\""},
        Include{"cluster/link/wire.cc", "\"xxhash.h\""},
        Include{"cmd/server.cc", "\"cluster/server.h\""},
        Include{"cmd/server.cc", "\"transport/zeromq/zeromq.h\""},
        Include{"cmd/bench/zmq_system.cc", "\"zmq.hpp\""},
        Include{"testing/simulation/simulation.h", "\"cluster/link/link.h\""},
        Include{"testing/conformance.cc", "<gtest/gtest.h>"},
        Include{"examples/hello.cc", "\"cluster/server.h\""}));

INSTANTIATE_TEST_SUITE_P(
    Layers, Forbidden,
    testing::Values(
        Include{"proto/json.cc", "\"transport/url.h\""},
        Include{"proto/json.cc", "\"cluster/config.h\""},
        Include{"transport/url.cc", "\"proto/config.pb.h\""},
        Include{"transport/url.cc", "\"cluster/config.h\""},
        Include{"transport/url.cc", "<zmq.hpp>"},
        Include{"transport/url.cc", "<zmq.h>"},
        Include{"transport/url.cc", "\"google/protobuf/any.pb.h\""},
        Include{"transport/url.cc", "\"gtest/gtest.h\""},
        Include{"cluster/link/link.h", "\"gtest/gtest.h\""},
        Include{"cluster/testing_link.cc", "\"testing/history.h\""},
        Include{"transport/registry.cc", "\"transport/zeromq/zeromq.h\""},
        Include{"transport/builtin.h", "\"transport/zeromq/zeromq.h\""},
        Include{"transport/loopback/network.cc", "\"transport/zeromq/peer.h\""},
        Include{"transport/loopback/network.cc", "<zmq.h>"},
        Include{"transport/zeromq/socket.cc",
                "\"transport/loopback/mailbox.h\""},
        Include{"transport/zeromq/socket.cc", "\"cluster/pump.h\""},
        Include{"transport/zeromq/socket.cc", "\"proto/frame.pb.h\""},
        Include{"cluster/pump.cc", "\"transport/zeromq/zeromq.h\""},
        Include{"cluster/pump.cc", "\"transport/loopback/loopback.h\""},
        Include{"cluster/pump.cc", "<zmq.hpp>"},
        Include{"cluster/pump.cc", "\"cmd/flags.h\""},
        Include{"cluster/pump.cc", "\"testing/local_cluster.h\""},
        Include{"cluster/link/link.cc", "\"transport/zeromq/zeromq.h\""},
        Include{"cmd/server.cc", "\"testing/local_cluster.h\""},
        Include{"cmd/bench/runner.cc", "\"zmq.hpp\""},
        Include{"cmd/bench/zmq_system.cc", "\"cluster/server.h\""},
        Include{"testing/local_cluster.cc", "\"cmd/flags.h\""},
        Include{"examples/hello.cc", "\"cmd/flags.h\""},
        // Whatever the spelling.
        Include{"cluster/pump.cc", "<transport/zeromq/zeromq.h>"},
        Include{"cluster/pump.cc", "\"pump.h\""},
        Include{"cluster/pump.cc", "\"../transport/zeromq/zeromq.h\""},
        Include{"cluster/pump.cc", "TRANSPORT_HEADER"}));

TEST(LayersTest, SpacesDoNotHideAnInclude) {
  EXPECT_THAT(LayerFaults("cluster/pump.cc", "  #  include  <zmq.hpp>  // x"),
              ElementsAre(HasSubstr("may not include zmq.hpp")));
}

TEST(LayersTest, ImportsOfProtosAreIncludes) {
  EXPECT_THAT(LayerFaults("proto/a.proto",
                          "import \"proto/b.proto\";\n"
                          "import public \"google/protobuf/any.proto\";\n"),
              IsEmpty());
  EXPECT_THAT(
      LayerFaults("proto/a.proto", "import public \"cluster/b.proto\";"),
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
