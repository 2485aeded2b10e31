// Five servers of one process elect a leader; it goes, and they elect another:
//
//   bazel run //examples/leader_election
#include <condition_variable>  // NOLINT(build/c++11)
#include <iostream>
#include <map>
#include <memory>
#include <mutex>   // NOLINT(build/c++11)
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/strings/str_cat.h"
#include "raft/cluster/server.h"
#include "raft/examples/leader_election/election.h"

namespace raft_cluster {
namespace {

constexpr int kServers = 5;

// Who leads, as the servers say.
class Board {
 public:
  void Say(Pid pid, Pid leader, int64_t term) {
    const std::lock_guard<std::mutex> lock(mu_);
    std::cout << "server " << pid << ": server " << leader << " leads in term "
              << term << std::endl;
    leaders_[pid] = leader;
    changed_.notify_all();
  }

  void Remove(Pid pid) {
    const std::lock_guard<std::mutex> lock(mu_);
    leaders_.erase(pid);
  }

  // Waits until `count` servers name the same leader, which is none of those
  // that were removed.
  Pid WaitForLeader(size_t count) {
    std::unique_lock<std::mutex> lock(mu_);
    for (;;) {
      std::map<Pid, size_t> voices;
      for (const auto& [pid, leader] : leaders_) {
        if (++voices[leader] == count && leaders_.count(leader) > 0) {
          return leader;
        }
      }
      changed_.wait(lock);
    }
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  std::map<Pid, Pid> leaders_;
};

int Main() {
  Config config;
  config.mutable_object()->set_total(kServers);
  for (Pid pid = 1; pid <= kServers; ++pid) {
    auto* const member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url(absl::StrCat("loopback://", pid));
  }
  const Options options;  // One for all: they share its loopback.
  Board board;
  std::vector<Ballot> ballots(kServers + 1);
  std::vector<std::unique_ptr<Server>> servers;
  std::vector<std::thread> threads;
  for (Pid pid = 1; pid <= kServers; ++pid) {
    auto server = Server::Start(config, pid, options);
    if (!server.ok()) {
      std::cerr << server.status() << std::endl;
      return 1;
    }
    servers.push_back(*std::move(server));
  }
  for (const auto& server : servers) {
    threads.emplace_back([&] {
      // In earnest a file: none of these servers outlives the process.
      Ballot& kept = ballots[static_cast<size_t>(server->pid())];
      Election election(
          kept, [&kept](const Ballot& ballot) { kept = ballot; },
          [&](Pid leader, int64_t term) {
            board.Say(server->pid(), leader, term);
          });
      Run(*server, election).IgnoreError();
    });
  }
  const Pid first = board.WaitForLeader(kServers);
  std::cout << "server " << first << " goes" << std::endl;
  servers[static_cast<size_t>(first - 1)]
      ->Close(absl::Seconds(1))
      .IgnoreError();
  board.Remove(first);
  const Pid second = board.WaitForLeader(kServers - 1);
  std::cout << "all follow server " << second << std::endl;
  for (const auto& server : servers) {
    server->Close(absl::Seconds(1)).IgnoreError();
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace raft_cluster

int main() { return raft_cluster::Main(); }
