// The suite that every carrier passes.
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "raft/examples/udp/udp_transport.h"
#include "raft/testing/transport/conformance.h"
#include "raft/transport/url.h"

namespace udp {
namespace {

using raft_cluster::TransportConformance;
using raft_cluster::TransportUnderTest;
using raft_cluster::Url;

// An address of this process alone, so that a port that was given back is not
// taken by a test that runs beside it.
Url FreshUrl() {
  const int pid = getpid();
  return raft_cluster::ParseUrl(
             absl::StrCat("udp://127.", 1 + pid / 62500 % 250, ".",
                          1 + pid / 250 % 250, ".", 1 + pid % 250, ":0"))
      .value();
}

TransportUnderTest Udp() {
  TransportUnderTest udp{UdpTransport::Open, FreshUrl};
  udp.lossless = false;
  return udp;
}

INSTANTIATE_TEST_SUITE_P(Udp, TransportConformance, testing::Values(Udp()));

}  // namespace
}  // namespace udp
