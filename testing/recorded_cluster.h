// A LocalCluster that writes down all that is sent and taken through it, and
// judges it.
//
//   RecordedCluster cluster(5, "tcp", LocalCluster::Setup());
//   cluster.CollectAll();                              // Takes what comes.
//   cluster.Send(/*from=*/1, /*to=*/2, /*bytes=*/100, absl::Seconds(1));
//   ASSERT_EQ(cluster.local().WaitUntilTaken(), absl::OkStatus());
//   EXPECT_EQ(cluster.Check(), absl::OkStatus());
//
// Servers must be started, stopped and crashed through it, sent and taken
// through as well: what it does not see looks lost to it.
//
// Thread rule: one thread, but for what a RecordedSender does.
#ifndef RAFT_TESTING_RECORDED_CLUSTER_H_
#define RAFT_TESTING_RECORDED_CLUSTER_H_

#include <cstddef>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/cluster/received.h"
#include "raft/cluster/server.h"
#include "raft/testing/history.h"
#include "raft/testing/local_cluster.h"

namespace raft {

class Collector;

// One thread's way to send through one life of a server. The message is made
// of its id (testing/message.h), which is also the envelope's.
//
// Thread rule: one thread at a time, while the server lives.
class RecordedSender {
 public:
  RecordedSender(History& history, Server& server, ServerLife life);

  // As Outbox::TrySend and Outbox::Send.
  absl::StatusOr<Receipt> TrySend(Pid to, size_t bytes);
  absl::StatusOr<Receipt> Send(Pid to, size_t bytes, absl::Duration timeout);

 private:
  History& history_;
  Server& server_;
  SenderLog& log_;
};

class RecordedCluster {
 public:
  RecordedCluster(int servers, absl::string_view scheme,
                  LocalCluster::Setup setup);
  ~RecordedCluster();

  const LocalCluster& local() const { return cluster_; }
  // As of LocalCluster.
  Server& operator[](Pid pid) const { return cluster_[pid]; }

  // For a thread that sends on its own. REQUIRES: the server runs.
  RecordedSender NewSender(Pid from);
  absl::StatusOr<Receipt> TrySend(Pid from, Pid to, size_t bytes);
  absl::StatusOr<Receipt> Send(Pid from, Pid to, size_t bytes,
                               absl::Duration timeout);

  // Takes one. REQUIRES: nobody collects there.
  absl::StatusOr<Received> Receive(Pid at, absl::Duration timeout);
  // Lets `threads` take what comes to a server until it ends, or until
  // StopCollecting().
  void Collect(Pid at, int threads = 1);
  void CollectAll();
  void StopCollecting(Pid at);

  // As of LocalCluster. Whoever collects there is stopped: with Stop() by the
  // server's own Close, otherwise before.
  absl::Status Start(Pid pid) { return cluster_.Start(pid); }
  absl::Status Stop(Pid pid, absl::Duration timeout);
  absl::Status Crash(Pid pid);
  absl::Status Restart(Pid pid);
  absl::Status Pause(Pid pid) { return cluster_.Pause(pid); }
  absl::Status Resume(Pid pid) { return cluster_.Resume(pid); }

  // The verdict on all that was sent and taken, with the ledgers of all lives
  // as the accounts. REQUIRES: nobody sends. Stops all collecting.
  Verdict Judge();
  // INTERNAL, with the report, unless Judge() finds all as promised and all
  // ledgers balance.
  absl::Status Check();

 private:
  ServerLife LifeOf(Pid pid) const { return {pid, cluster_.lives(pid)}; }

  const History::OnRestart on_restart_;
  const int servers_;
  History history_;
  LocalCluster cluster_;
  std::map<ServerLife, RecordedSender> senders_;
  std::map<ServerLife, ReceiverLog*> receivers_;
  std::map<Pid, std::unique_ptr<Collector>> collectors_;
};

}  // namespace raft

#endif  // RAFT_TESTING_RECORDED_CLUSTER_H_
