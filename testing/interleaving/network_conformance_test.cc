// The network of the interleaving tests, and the check before it, are used as
// any transport may be: all tests of the suite are one run of a schedule.
#include <iostream>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/testing/interleaving/network.h"
#include "raft/testing/interleaving/schedule.h"
#include "raft/testing/transport/conformance.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

TransportUnderTest UnderTest() {
  TransportUnderTest under_test;
  under_test.open = [open = NewScheduledNetwork()](const TransportSpec& spec)
      -> absl::StatusOr<std::unique_ptr<Transport>> {
    absl::StatusOr<std::unique_ptr<Transport>> transport = open(spec);
    if (!transport.ok()) return transport.status();
    return Checked(*std::move(transport));
  };
  under_test.fresh_url = [] { return ParseUrl("loopback://*").value(); };
  under_test.virtual_now = [] {
    return absl::FromUnixMicros(Schedule::Current().now());
  };
  return under_test;
}

INSTANTIATE_TEST_SUITE_P(Scheduled, TransportConformance,
                         testing::Values(UnderTest()));

int Main() {
  int code = 1;
  const Exploration exploration =
      Explore(Limits(), [&] { code = RUN_ALL_TESTS(); });
  if (exploration.failure.empty()) return code;
  std::cerr << "FAILED: " << exploration.failure << "\n" << exploration.story;
  return 1;
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return raft_cluster::internal::Main();
}
