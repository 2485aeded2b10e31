// An open gate must not show: what passes it is a transport like any other.

#include <memory>

#include "raft/testing/gate.h"
#include "raft/testing/transport/conformance.h"
#include "raft/transport/loopback/loopback.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

INSTANTIATE_TEST_SUITE_P(Gated, TransportConformance,
                         testing::Values(TransportUnderTest{
                             GatedTransport(NewLoopbackNetwork(),
                                            std::make_shared<Gate>()),
                             [] { return ParseUrl("loopback://*").value(); }}));

}  // namespace
}  // namespace raft_cluster::internal
