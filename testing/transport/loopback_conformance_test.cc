#include "raft/testing/transport/conformance.h"
#include "raft/transport/loopback/loopback.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

INSTANTIATE_TEST_SUITE_P(Loopback, TransportConformance,
                         testing::Values(TransportUnderTest{
                             NewLoopbackNetwork(),
                             [] { return ParseUrl("loopback://*").value(); }}));

}  // namespace
}  // namespace raft_cluster::internal
