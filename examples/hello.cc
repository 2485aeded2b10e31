// The README's example: two servers of one process, and a message.
#include <iostream>

#include "raft/cluster/server.h"

int main() {
  const auto config =
      raft_cluster::ParseConfig(R"({"object": {"total": 2, "Servers": [
      {"mypid": 1, "url": "loopback://one"},
      {"mypid": 2, "url": "loopback://two"}]}})",
                                "hello.cc");
  if (!config.ok()) return 2;
  const raft_cluster::Options options;  // For both: they share its loopback.
  const auto one = raft_cluster::Server::Start(*config, /*pid=*/1, options);
  const auto two = raft_cluster::Server::Start(*config, /*pid=*/2, options);
  if (!one.ok() || !two.ok()) return 1;
  const auto sent =
      (*one)->outbox().Send(raft_cluster::kBroadcast, "hello there",
                            /*timeout=*/absl::Seconds(1));
  const auto got = (*two)->inbox().Receive(/*timeout=*/absl::Seconds(5));
  if (!sent.ok() || !got.ok()) return 1;
  std::cout << got->from() << " -> 2: " << got->msg() << std::endl;
}
