// A cluster whose servers come, go and move while all of them talk: what
// local_cluster --churn shows.
//
// Each change is one configuration, which all servers are given while they run
// (Server::Reload()); each tells in a line what that did. At the end it is
// checked, envelope by envelope, that none came to one server twice or out of
// order, and that whatever did not come at all is counted by its sender.
//
// Thread rule: one thread, which does all the talking.
#ifndef RAFT_CMD_CHURN_H_
#define RAFT_CMD_CHURN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/cluster/server.h"

namespace raft_cluster::internal {

class Churn {
 public:
  struct Setup {
    Config config;           // Of all servers that there may be.
    std::string key_folder;  // "" without keys.
    uint64_t seed = 0;
    // Told whenever a server has started, and with null before it ends.
    std::function<void(Pid, Server*)> show;
    // Talks go on while it answers false, within this time.
    std::function<bool(absl::Duration)> pause;
  };

  // INVALID_ARGUMENT: a config of fewer than three servers shows nothing.
  static absl::StatusOr<std::unique_ptr<Churn>> Start(Setup setup);
  ~Churn();

  // One change, and some talk. What it is is up to the seed, but for when
  // things happen. Errors: as of Server::Start() and Server::Reload().
  absl::Status Change();

  // Lets what is under way arrive, closes all, and says what became of each
  // envelope. DATA_LOSS: of some nobody knows, or one came twice.
  absl::Status Finish();

 private:
  // From a start of a server until its end.
  struct Life;
  // Of what one life sent to one pid.
  struct Account {
    std::vector<uint64_t> sent;  // What it said, in order.
    std::vector<uint64_t> came;  // With what came to several lives of the pid.
    Ledger ledger;               // The sender's own.
  };

  explicit Churn(Setup setup);

  absl::Status StartAll();
  absl::Status StartOne(Pid pid);
  absl::Status Come(Pid pid);
  absl::Status Go(Pid pid, bool in_order);
  absl::Status Move(Pid pid);
  absl::Status RollOut();
  void End(Pid pid);

  // All send, and take what has come.
  void Talk(absl::Duration duration);
  void Send(Life& life);
  void Take(Life& life);
  bool IsUnderWay() const;
  void Settle(const Life& life);

  Config ConfigNow() const;
  Pid PickOne(const std::vector<Pid>& pids);

  const Setup setup_;
  std::mt19937_64 random_;
  Options options_;  // One for all: they meet in its loopback network.
  std::map<Pid, std::string> homes_;       // Their urls at first.
  std::map<Pid, Config::Member> members_;  // All, as they are or will be.
  std::map<Pid, std::unique_ptr<Life>> lives_;
  int lives_begun_ = 0;
  int moves_ = 0;
  bool stopped_ = false;
  // By the number of the sender's life and the receiver's pid.
  std::map<std::pair<int, Pid>, Account> accounts_;
  uint64_t out_of_order_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_CHURN_H_
