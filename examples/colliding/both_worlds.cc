// Prints what this project has under the same names as raft, what raft carried,
// and what Debian's library of consensus says of itself.
//
//   bazel run //:both_worlds
#ifdef RAFT_H_IS_C_ONLY
// Of Debian unstable, whose header no compiler of C++ takes.
struct raft {};
const char* raft_strerror(int) { return "server is not the leader"; }
constexpr int RAFT_NOTLEADER = 0;
#else
extern "C" {
#include <raft.h>
}
#endif

#include <iostream>

#include "cluster/config.h"
#include "cluster/server.h"
#include "proto/event.pb.h"
#include "raft/cluster/server.h"
#include "raft/transport/url.h"
#include "transport/url.h"

int main() {
  colliding::Event event;
  *event.mutable_config() = colliding::MakeConfig();
  event.mutable_cause()->set_kind(raft_cluster::Event::PEER_UP);
  colliding::Server server;
  const auto echo = server.Echo("hello there");
  if (!echo.ok()) {
    std::cerr << echo.status() << std::endl;
    return 1;
  }
  const auto url = raft_cluster::ParseUrl("loopback://one");
  if (!url.ok()) return 1;
  std::cout << event.config().city() << ", "
            << raft_cluster::Event::Kind_Name(event.cause().kind()) << ", "
            << server.url().text << ", " << url->ToString() << ", " << *echo
            << ", " << raft_strerror(RAFT_NOTLEADER) << std::endl;
}
