// A url that is taken says the same when it is written and read again.

#include <string>

#include "absl/strings/string_view.h"
#include "raft/testing/fuzz/input.h"
#include "raft/transport/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = raft_cluster::ParseUrl(text);
  if (!url.ok()) {
    raft_cluster::internal::Require(!url.status().message().empty(),
                                    "a refusal says why");
    return 0;
  }
  const auto again = raft_cluster::ParseUrl(url->ToString());
  raft_cluster::internal::Require(again.ok(), "what it writes it can read");
  raft_cluster::internal::Require(*again == *url && again->host == url->host &&
                                      again->port == url->port &&
                                      again->wildcard() == url->wildcard(),
                                  "a canonical url is its own canonical form");
  return 0;
}
