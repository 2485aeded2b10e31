#include "absl/strings/str_cat.h"
#include "testing/transport/conformance.h"
#include "testing/transport/own_address.h"
#include "transport/url.h"
#include "transport/zeromq/zeromq.h"

namespace raft {
namespace {

Url FreshUrl() {
  return ParseUrl(absl::StrCat("tcp://", OwnAddress(), ":0")).value();
}

INSTANTIATE_TEST_SUITE_P(Tcp, TransportConformance,
                         testing::Values(TransportUnderTest{ZeroMqTransport(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft
