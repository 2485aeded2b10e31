// A url that is taken says the same when it is written and read again.

#include <string>

#include "absl/strings/string_view.h"
#include "raft/testing/fuzz/input.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/registry.h"
#include "raft/transport/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const transports =
      new raft_cluster::Registry(raft_cluster::BuiltinTransports());
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = transports->Parse(text);
  if (!parsed.ok()) {
    raft_cluster::internal::Require(!parsed.status().message().empty(),
                                    "a refusal says why");
    return 0;
  }
  const auto again = transports->Parse(parsed->url.ToString());
  raft_cluster::internal::Require(again.ok(), "what it writes it can read");
  raft_cluster::internal::Require(
      again->url == parsed->url && again->wildcard == parsed->wildcard,
      "a canonical url is its own canonical form");
  return 0;
}
