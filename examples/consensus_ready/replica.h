// A consensus engine as a Handler: the skeleton that README.md explains.
//
//   Replica replica(NewEngine(), AppendAndFsync, Apply);
//   const auto server = Server::Start(*config, pid, ReplicaOptions(Options()));
//   absl::Status status = Run(**server, replica);
//
// and from any other thread, for a client:
//
//   status = server->Post([&](Context& context) {
//     replica.Propose(context, "x = 1");
//   });
//
// Thread rule: that of Handler.
#ifndef RAFT_EXAMPLES_CONSENSUS_READY_REPLICA_H_
#define RAFT_EXAMPLES_CONSENSUS_READY_REPLICA_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "raft/cluster/handler.h"
#include "raft/cluster/options.h"
#include "raft/examples/consensus_ready/engine.h"

namespace raft_cluster {

// Made of `base`, for its transports.
Options ReplicaOptions(Options base);

class Replica : public Handler {
 public:
  // Returns when the record is on disk (fsync), behind those before it.
  using Keep = std::function<absl::Status(absl::string_view record)>;
  using Apply = std::function<void(const std::string& command)>;

  // `engine` has read what former lives have kept.
  Replica(std::unique_ptr<ConsensusEngine> engine, Keep keep, Apply apply)
      : engine_(std::move(engine)),
        keep_(std::move(keep)),
        apply_(std::move(apply)) {}

  // On the handler's turn: by Server::Post(), or SimControl::Post(). False:
  // another server has to be asked, or this one later.
  bool Propose(Context& context, const std::string& command);

  void OnStart(Context& context) override;
  void OnEnvelope(Context& context, const Received& got) override;
  void OnEvent(Context& context, const Event& event) override;
  void OnTimer(Context& context, int timer) override;

  // Why it has stopped, if its disk made it.
  const absl::Status& status() const { return status_; }

 private:
  void Work(Context& context);
  void Say(Context& context, const Ready::Message& message);

  const std::unique_ptr<ConsensusEngine> engine_;
  const Keep keep_;
  const Apply apply_;
  absl::Status status_;
};

}  // namespace raft_cluster

#endif  // RAFT_EXAMPLES_CONSENSUS_READY_REPLICA_H_
