#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster::internal {
namespace {

// Not in TEST_TMPDIR, whose name alone may be longer than a socket's path.
Url FreshUrl() {
  static int count = 0;
  return ParseUrl(absl::StrCat("ipc:///tmp/raft-conformance-", getpid(), "-",
                               ++count))
      .value();
}

INSTANTIATE_TEST_SUITE_P(Ipc, TransportConformance,
                         testing::Values(TransportUnderTest{ZeroMqTransport(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft_cluster::internal
