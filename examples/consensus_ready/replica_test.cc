// The skeleton with a toy engine, under all that a simulated cluster has to
// bear: what was committed once stays so, at all servers alike.
#include "raft/examples/consensus_ready/replica.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/examples/consensus_ready/toy_engine.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster {
namespace {

constexpr int kServers = 3;
constexpr uint64_t kSeeds = 200;
constexpr absl::Duration kFaultTime = absl::Seconds(5);
constexpr absl::Duration kProposeInterval = absl::Milliseconds(20);

// The servers of one run, their disks, and a client of the leader.
class Cluster {
 public:
  // `flushes`: as it should be.
  Cluster(SimControl* control, bool flushes)
      : control_(*control), flushes_(flushes) {}

  std::unique_ptr<Handler> NewServer(Pid pid) {
    applied_[pid] = 0;
    auto replica = std::make_unique<Replica>(
        std::make_unique<ToyEngine>(pid, kServers, Kept(pid)),
        [this, pid](absl::string_view record) { return Keep(pid, record); },
        [this, pid](const std::string& command) { Apply(pid, command); });
    if (pid == ToyEngine::kLeader) leader_ = replica.get();
    return replica;
  }

  // Asked after each step, which makes it the client's clock as well.
  absl::Status Check() {
    if (!stopped_ && control_.now() >= next_) {
      next_ = control_.now() + kProposeInterval;
      // May be refused where the leader is down, or never be called.
      control_.Post(ToyEngine::kLeader, [this](Context& context) {
        leader_->Propose(context, absl::StrCat("command ", ++proposed_));
      });
    }
    return status_;
  }
  void Stop() { stopped_ = true; }

  bool AllAgree() {
    const std::string log =
        control_.disk(ToyEngine::kLeader).Read("log").value_or("");
    const auto length =
        static_cast<size_t>(std::count(log.begin(), log.end(), '\n'));
    return std::all_of(applied_.begin(), applied_.end(),
                       [&](const auto& at) { return at.second == length; });
  }
  size_t committed() const { return committed_.size(); }

 private:
  // Without what a crash has left of the last record.
  std::string Kept(Pid pid) {
    std::string log = control_.disk(pid).Read("log").value_or("");
    log.resize(log.rfind('\n') + 1);  // To nothing, where there is none.
    control_.disk(pid).Write("log", log);
    control_.disk(pid).Flush();
    return log;
  }

  absl::Status Keep(Pid pid, absl::string_view record) {
    SimDisk& disk = control_.disk(pid);
    disk.Append("log", record);
    // Now and then at the worst of times.
    if (++kept_ % 50 == 0 && control_.now() < kFaultTime) control_.Crash(pid);
    if (flushes_) disk.Flush();
    return absl::OkStatus();
  }

  void Apply(Pid pid, const std::string& command) {
    const size_t at = applied_[pid]++;
    if (at == committed_.size()) committed_.push_back(command);
    if (committed_[at] == command) return;
    status_ = absl::InternalError(absl::StrCat("entry ", at, " is \"", command,
                                               "\" at server ", pid, " and \"",
                                               committed_[at], "\" elsewhere"));
  }

  SimControl& control_;
  const bool flushes_;
  Replica* leader_ = nullptr;
  absl::Duration next_;
  int proposed_ = 0;
  int kept_ = 0;  // Records.
  bool stopped_ = false;
  std::map<Pid, size_t> applied_;       // By the present life of each.
  std::vector<std::string> committed_;  // As who applied it first had it.
  absl::Status status_;
};

absl::Status RunSeed(uint64_t seed, bool flushes, size_t* committed) {
  SimControl control;
  Cluster cluster(&control, flushes);
  SimulationOptions options;
  options.servers = kServers;
  options.seed = seed;
  options.fault_time = kFaultTime;
  options.settle_time = absl::Seconds(20);
  options.options = ReplicaOptions(options.options);
  options.control = &control;
  options.invariant = [&] { return cluster.Check(); };
  options.on_settle = [&] { cluster.Stop(); };
  options.settled = [&] { return cluster.AllAgree(); };
  const absl::Status status =
      Simulate(options, [&](Pid pid) { return cluster.NewServer(pid); });
  *committed += cluster.committed();
  return status;
}

TEST(Replica, WhatWasCommittedStaysAndAllComeToHaveIt) {
  size_t committed = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ASSERT_EQ(RunSeed(seed, /*flushes=*/true, &committed), absl::OkStatus());
  }
  EXPECT_GT(committed, 10 * kSeeds);
}

// The test is worth something only if a mistake shows.
TEST(Replica, WhoAnswersBeforeItIsOnDiskIsFoundOut) {
  size_t committed = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const absl::Status status = RunSeed(seed, /*flushes=*/false, &committed);
    if (status.ok()) continue;
    EXPECT_THAT(status.message(), testing::HasSubstr("elsewhere"));
    return;
  }
  FAIL() << "no seed shows it";
}

}  // namespace
}  // namespace raft_cluster
