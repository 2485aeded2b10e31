// What the examples in public headers take as given: the names that a reader
// fills in. They are declared only, since the examples are compiled and not
// run.
#ifndef RAFT_TESTING_PUBLIC_GIVEN_H_
#define RAFT_TESTING_PUBLIC_GIVEN_H_

#include <poll.h>

#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "raft/cluster/handler.h"
#include "raft/cluster/options.h"
#include "raft/cluster/server.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/registry.h"
#include "raft/transport/transport.h"

int Fail(const absl::Status& why);

extern raft_cluster::Options options;
extern std::unique_ptr<raft_cluster::Server> server;

class Ticker : public raft_cluster::Handler {
 public:
  void OnEnvelope(raft_cluster::Context&,
                  const raft_cluster::Received&) override;
};

class UdpTransport {
 public:
  static absl::StatusOr<std::unique_ptr<raft_cluster::Transport>> Open(
      const raft_cluster::TransportSpec& spec);
};

extern std::unique_ptr<raft_cluster::Transport> transport;
extern raft_cluster::TransportSpec spec;
extern raft_cluster::Receiver& receiver;
extern std::mutex mu;
extern std::string head;
extern raft_cluster::Bytes body;

#endif  // RAFT_TESTING_PUBLIC_GIVEN_H_
