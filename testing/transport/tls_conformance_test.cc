#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/stream/tls/tls.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

// More than the suite connects.
constexpr Pid kPeers = 1000;

Url FreshUrl() {
  return ParseUrl(absl::StrCat("tls://", OwnAddress(), ":0")).value();
}

// All have one key, so that any of them may be anybody's peer.
Opener WithOneKey() {
  const Secret own = NewTlsCredentials().value();
  const std::string pin = TlsPinOf(own).value();
  return [own, pin, open = TlsTransport()](TransportSpec spec) {
    spec.keys.secret = own;
    spec.keys.listed[spec.self] = {pin};
    for (Pid peer = 1; peer <= kPeers; ++peer) spec.keys.listed[peer] = {pin};
    return open(spec);
  };
}

INSTANTIATE_TEST_SUITE_P(Tls, TransportConformance,
                         testing::Values(TransportUnderTest{WithOneKey(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft_cluster::internal
