// Two servers of a cluster in one process: one greets, the other prints it.
//
//   bazel run //:greeting -- tcp://127.0.0.1:4001 tcp://127.0.0.1:4002

#include <iostream>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/cluster/config.h"
#include "raft/cluster/server.h"

namespace {

raft_cluster::Config MakeConfig(const char* const urls[]) {
  raft_cluster::Config config;
  config.mutable_object()->set_total(2);
  for (const raft_cluster::Pid pid : {1, 2}) {
    auto* const member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url(urls[pid - 1]);
  }
  return config;
}

absl::Status Greet(const raft_cluster::Config& config) {
  auto one = raft_cluster::Server::Start(config, 1);
  if (!one.ok()) return one.status();
  auto two = raft_cluster::Server::Start(config, 2);
  if (!two.ok()) return two.status();

  auto sent = (*one)->outbox().Send(2, "hello there", absl::Seconds(5));
  if (!sent.ok()) return sent.status();
  auto got = (*two)->inbox().Receive(absl::Seconds(30));
  if (!got.ok()) return got.status();

  std::cout << got->from() << " -> " << got->to() << ": " << got->msg()
            << std::endl;
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: greeting URL URL" << std::endl;
    return 2;
  }
  const absl::Status status = Greet(MakeConfig(argv + 1));
  if (status.ok()) return 0;
  std::cerr << status << std::endl;
  return 1;
}
