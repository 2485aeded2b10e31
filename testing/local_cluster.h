// A cluster for tests: n servers, pids 1 to n, in this process, on any scheme,
// without fixed ports and without files that need care.
//
//   raft_cluster::LocalCluster cluster(5, "loopback");
//   ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
//   auto sent = cluster[1].outbox().Send(2, "hello", absl::Seconds(1));
//   auto got = cluster[2].inbox().Receive(absl::Seconds(1));
//   ...
//   ASSERT_EQ(cluster.Crash(2), absl::OkStatus());    // As by kill -9.
//   ASSERT_EQ(cluster.Start(2), absl::OkStatus());    // A new life, same url.
//   ...
//   EXPECT_EQ(cluster.CheckLedgers(), absl::OkStatus());
//
// With a protocol of your own (cluster/handler.h), on a thread of the
// cluster's:
//
//   Ticker ticker;                                    // Outlives the cluster.
//   raft_cluster::LocalCluster cluster(5, "loopback");
//   ASSERT_EQ(cluster.RunHandler(1, ticker), absl::OkStatus());
//   ...
//   ASSERT_EQ(cluster.Crash(1), absl::OkStatus());    // It is left alone now.
//
// With a setup of your own:
//
//   raft_cluster::LocalCluster::Setup setup;
//   setup.options = [](raft_cluster::Pid) {
//     raft_cluster::Options options;
//     options.failure_timeout = absl::Milliseconds(300);
//     return options;
//   };
//   setup.late = {5};                                 // Start(5) comes later.
//   raft_cluster::LocalCluster cluster(5, "tcp", setup);
//
// Thread rule: one thread, but for server(), operator[] and the const methods,
// which any thread may call for servers that nobody starts or ends meanwhile.
// A Server that such a thread has got it may go on to use, also while its life
// is ended and afterwards: calls that wait, and Run(), then return CANCELLED.
// What has ended is freed with the cluster, when no thread may use it any more.
#ifndef RAFT_TESTING_LOCAL_CLUSTER_H_
#define RAFT_TESTING_LOCAL_CLUSTER_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/cluster/config.h"
#include "raft/cluster/handler.h"
#include "raft/cluster/options.h"
#include "raft/cluster/server.h"
#include "raft/testing/local_addresses.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/registry.h"

namespace raft_cluster {

namespace internal {
class Gate;
}  // namespace internal

class LocalCluster {
 public:
  struct Setup {
    // The options of each life of a server. `transports` in them is ignored.
    std::function<Options(Pid)> options = [](Pid) { return Options(); };
    // One network for all servers; add yours.
    Registry transports = BuiltinTransports();
    // What each life of a server is told, made of the true configuration: where
    // its way to its peers leads through something else.
    std::function<absl::StatusOr<Config>(Pid, const Config&)> config_of =
        [](Pid, const Config& config) { return config; };
    // Where they listen, by pid from 1; empty: LocalAddresses::Pick() says. For
    // a carrier of yours, whose addresses it does not know.
    std::vector<std::string> urls;
    // Servers that the constructor does not start.
    std::set<Pid> late;
    // Names the cluster.
    std::string name;
  };

  // Starts the servers. status() says whether all did. INVALID_ARGUMENT:
  // Setup::urls has too few, or what Server::Start refuses.
  LocalCluster(int servers, absl::string_view scheme);
  LocalCluster(int servers, absl::string_view scheme, Setup setup);
  // Ends those that run, as Crash() does, all at once.
  ~LocalCluster();
  LocalCluster(const LocalCluster&) = delete;
  LocalCluster& operator=(const LocalCluster&) = delete;

  // What went wrong in the constructor: no address to be had, or what
  // Server::Start answered first. The methods below answer the same.
  const absl::Status& status() const { return status_; }
  const Config& config() const { return config_; }

  // Null if it does not run.
  Server* server(Pid pid) const;
  // REQUIRES: it runs.
  Server& operator[](Pid pid) const;
  // Those that run, in order.
  std::vector<Pid> running() const;
  // How often it has been started.
  int lives(Pid pid) const;

  // FAILED_PRECONDITION: it runs already. NOT_FOUND: no such pid. Otherwise
  // what Setup::config_of or Server::Start answers.
  absl::Status Start(Pid pid);
  // Close(timeout), whose answer it gives, and the end. NOT_FOUND: it does not
  // run.
  // Returns when no thread is in the server any more, nor in a handler that
  // Run() calls: so a handler must not end its own server, nor wait for who
  // does.
  absl::Status Stop(Pid pid, absl::Duration timeout);
  // Ends it without a word to its peers. NOT_FOUND: it does not run. Returns as
  // Stop() does.
  absl::Status Crash(Pid pid);
  // Crash() and Start().
  absl::Status Restart(Pid pid);

  // Runs `handler` (cluster/handler.h) on a thread of its own, until it stops
  // or the server ends; it outlives both. NOT_FOUND: the server does not run.
  // FAILED_PRECONDITION: this life has had a handler already.
  // RESOURCE_EXHAUSTED: there is no thread to be had.
  absl::Status RunHandler(Pid pid, Handler& handler);

  // What SIGSTOP and SIGCONT do to a process, as its peers see it: what they
  // send to it waits, and nothing comes from it. Its own methods still answer.
  // NOT_FOUND: it does not run.
  absl::Status Pause(Pid pid);
  absl::Status Resume(Pid pid);

  // Until each running server holds a session with the present life of each
  // other one. DEADLINE_EXCEEDED: says which does not.
  absl::Status WaitUntilUp(absl::Duration timeout = absl::Seconds(20)) const;
  // Until each running server knows that what it has accepted for the other
  // running ones was taken: somebody must be taking. DEADLINE_EXCEEDED: says
  // how many are missing between whom.
  absl::Status WaitUntilTaken(absl::Duration timeout = absl::Seconds(20)) const;

  // CheckLedgers() of testing/ledger.h for every server that runs and for every
  // life that has ended; for the latter also that nothing is in flight any
  // more.
  absl::Status CheckLedgers() const;
  // Of a life that has ended, its last account; of one that runs, the present
  // one. REQUIRES: there was such a life.
  Stats LastStats(Pid pid, int life) const;

 private:
  // One life of a server.
  struct Running {
    std::shared_ptr<internal::Gate> gate;
    std::unique_ptr<Server> server;
    std::thread handler;
  };

  absl::Status CheckRuns(Pid pid) const;
  void Bury(Pid pid);
  static void SeeOff(Running* life);

  const Setup setup_;
  absl::Status status_;
  // Holds the sockets' folder, where there is one.
  std::unique_ptr<LocalAddresses> addresses_;
  Config config_;
  // For threads that may still call them.
  std::vector<std::unique_ptr<Server>> graves_;
  std::map<Pid, Running> servers_;           // Every pid; null if ended.
  std::map<Pid, std::vector<Stats>> ended_;  // Last words of ended lives.
};

}  // namespace raft_cluster

#endif  // RAFT_TESTING_LOCAL_CLUSTER_H_
