// The test suite that every transport passes, ours and yours:
//
//   using raft_cluster::TransportConformance;
//
//   raft_cluster::Url FreshUrl() {
//     return raft_cluster::ParseUrl("udp://127.0.0.1:0").value();
//   }
//
//   INSTANTIATE_TEST_SUITE_P(Udp, TransportConformance,
//                            testing::Values(raft_cluster::TransportUnderTest{
//                                UdpTransport::Open, FreshUrl}));
//
// in a cc_test that depends on //testing:transport_conformance and on
// @com_google_googletest//:gtest_main. It checks what transport.h promises:
// frames, refusals, connections that come and go, threads, and that nothing is
// left behind.
#ifndef RAFT_TESTING_TRANSPORT_CONFORMANCE_H_
#define RAFT_TESTING_TRANSPORT_CONFORMANCE_H_

#include <cstddef>
#include <functional>
#include <ostream>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster {

struct TransportUnderTest {
  Opener open;

  // A url to listen on that no other test uses, different each time or a
  // wildcard. Once closed, it must be possible to listen there again.
  std::function<Url()> fresh_url;

  // The largest TransportSpec::max_frame_bytes that the transport can carry.
  size_t largest_frame_bytes = size_t{1} << 20;

  // On a connection that is not reset, everything that was sent arrives, once.
  bool lossless = true;

  // Bytes that the operating system and the receiving side may hold of what is
  // on its way to a peer that does not poll, beside TransportSpec::queue_bytes.
  size_t system_buffer_bytes = size_t{64} << 20;

  // Null, unless all happens in one thread and in a time of its own, as in a
  // simulator, where time passes in Wait() alone: what time it is there. What
  // several threads would have to show is then not tried.
  std::function<absl::Time()> virtual_now = nullptr;
};

class TransportConformance : public testing::TestWithParam<TransportUnderTest> {
};

}  // namespace raft_cluster

#endif  // RAFT_TESTING_TRANSPORT_CONFORMANCE_H_
