#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "testing/transport/conformance.h"
#include "transport/url.h"
#include "transport/zeromq/zeromq.h"

namespace raft {
namespace {

// On a loopback address of this process, so that a port that one run has given
// back is not taken by another.
Url FreshUrl() {
  const int pid = getpid();
  return ParseUrl(absl::StrCat("tcp://127.", 1 + pid / 62500 % 250, ".",
                               1 + pid / 250 % 250, ".", 1 + pid % 250, ":0"))
      .value();
}

INSTANTIATE_TEST_SUITE_P(Tcp, TransportConformance,
                         testing::Values(TransportUnderTest{ZeroMqTransport(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft
