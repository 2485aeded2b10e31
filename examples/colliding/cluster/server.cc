#include "cluster/server.h"

#include "raft/cluster/config.h"
#include "raft/cluster/server.h"

namespace colliding {

absl::StatusOr<std::string> Server::Echo(const std::string& text) {
  const auto config = raft_cluster::ParseConfig(
      R"({"object": {"total": 2, "Servers": [
          {"mypid": 1, "url": "loopback://one"},
          {"mypid": 2, "url": "loopback://two"}]}})",
      "server.cc");
  if (!config.ok()) return config.status();
  const raft_cluster::Options options;
  const auto one = raft_cluster::Server::Start(*config, /*pid=*/1, options);
  if (!one.ok()) return one.status();
  const auto two = raft_cluster::Server::Start(*config, /*pid=*/2, options);
  if (!two.ok()) return two.status();
  const auto sent = (*one)->outbox().Send(2, text, absl::Seconds(5));
  if (!sent.ok()) return sent.status();
  const auto got = (*two)->inbox().Receive(absl::Seconds(30));
  if (!got.ok()) return got.status();
  return std::string(got->msg());
}

}  // namespace colliding
