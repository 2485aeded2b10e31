// A config that is taken passes its checks, and one that is not is refused in
// words.

#include "raft/cluster/config.h"
#include "raft/testing/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = raft_cluster::ParseConfig(text, "fuzz.json");
  if (!config.ok()) {
    raft_cluster::internal::Require(
        config.status().code() == absl::StatusCode::kInvalidArgument,
        "a bad config is an invalid argument");
    raft_cluster::internal::Require(config.status().message().size() > 11,
                                    "it says why");
    return 0;
  }
  raft_cluster::internal::Require(raft_cluster::CheckConfig(*config).ok(),
                                  "a config stays good");
  raft_cluster::internal::Require(
      config->object().total() == config->object().servers_size(),
      "the total is right");
  raft_cluster::ConfigDigest(*config);
  return 0;
}
