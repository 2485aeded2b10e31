#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/stream/plain.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

Url FreshUrl() {
  return ParseUrl(absl::StrCat("plain://", OwnAddress(), ":0")).value();
}

INSTANTIATE_TEST_SUITE_P(Plain, TransportConformance,
                         testing::Values(TransportUnderTest{PlainTransport(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft_cluster::internal
