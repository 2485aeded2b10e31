#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/transport/shm/shm.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

// Not in TEST_TMPDIR, whose name alone may be longer than a socket's path.
Url FreshUrl() {
  static int count = 0;
  return ParseUrl(absl::StrCat("shm:///tmp/raft-conformance-shm-", getpid(),
                               "-", ++count))
      .value();
}

INSTANTIATE_TEST_SUITE_P(Shm, TransportConformance,
                         testing::Values(TransportUnderTest{ShmTransport(),
                                                            FreshUrl}));

}  // namespace
}  // namespace raft_cluster::internal
