#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster::internal {
namespace {

Url FreshUrl() {
  return ParseUrl(absl::StrCat("tcp://", OwnAddress(), ":0")).value();
}

INSTANTIATE_TEST_SUITE_P(Tcp, TransportConformance,
                         testing::Values(TransportUnderTest{ZeroMqTransport(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft_cluster::internal
