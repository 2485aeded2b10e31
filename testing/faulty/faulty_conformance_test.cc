// Even with faults a transport is one, and so is the faulty one's clockwork:
// late frames and refusals must not make anybody miss what he waits for.
// (Lost, doubled and reset, a frame is not what the suite counts.)

#include "raft/testing/faulty/faulty.h"
#include "raft/testing/transport/conformance.h"
#include "raft/transport/loopback/loopback.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

Faults DelaysAndRefusals() {
  Faults faults;
  faults.delay = 0.2;
  faults.refusal = 0.1;
  return faults;
}

INSTANTIATE_TEST_SUITE_P(Faulty, TransportConformance,
                         testing::Values(TransportUnderTest{
                             FaultyTransport(NewLoopbackNetwork(),
                                             DelaysAndRefusals()),
                             [] { return ParseUrl("loopback://*").value(); }}));

}  // namespace
}  // namespace raft_cluster::internal
