#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/keys.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster::internal {
namespace {

// More than the suite connects.
constexpr Pid kPeers = 1000;

Url FreshUrl() {
  return ParseUrl(absl::StrCat("tcp://", OwnAddress(), ":0")).value();
}

// All have one key pair, so that any of them may be anybody's peer.
Opener WithOneKey() {
  const KeyPair pair = NewKeyPair().value();
  return [pair, open = ZeroMqTransport()](TransportSpec spec) {
    spec.keys.secret = pair.secret_key;
    spec.keys.listed[spec.self] = {pair.public_key};
    for (Pid peer = 1; peer <= kPeers; ++peer) {
      spec.keys.listed[peer] = {pair.public_key};
    }
    return open(spec);
  };
}

INSTANTIATE_TEST_SUITE_P(Curve, TransportConformance,
                         testing::Values(TransportUnderTest{WithOneKey(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft_cluster::internal
