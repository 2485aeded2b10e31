// What a user's protocol is simulated over is a transport as any other. Its
// time is that of a network without faults; a pump has more patience than the
// suite with one that has some.
#include <memory>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/base/pid.h"
#include "raft/testing/simulation/network.h"
#include "raft/testing/transport/conformance.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

// More than any test of the suite has.
constexpr int kServers = 80;

TransportUnderTest OnNetwork(bool fifo) {
  // It outlives the transports: they are a test's, and this is its parameter.
  const auto network = std::make_shared<SimNetwork>(/*seed=*/1, kServers, fifo);
  for (Pid from = 1; from <= kServers; ++from) {
    for (Pid to = 1; to <= kServers; ++to) {
      network->faults(from, to).jitter = 500;
    }
  }
  TransportUnderTest under_test;
  under_test.open = [network](const TransportSpec& spec) {
    return network->Open(spec);
  };
  under_test.fresh_url = [] { return ParseUrl("sim://*").value(); };
  under_test.virtual_now = [network] {
    return absl::FromUnixMicros(network->now());
  };
  return under_test;
}

INSTANTIATE_TEST_SUITE_P(Fifo, TransportConformance,
                         testing::Values(OnNetwork(true)));
INSTANTIATE_TEST_SUITE_P(NoOrder, TransportConformance,
                         testing::Values(OnNetwork(false)));

}  // namespace
}  // namespace raft_cluster::internal
