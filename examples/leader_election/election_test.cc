// The elections under all that a simulated cluster has to bear.
#include "raft/examples/leader_election/election.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster {
namespace {

constexpr int kServers = 5;
constexpr uint64_t kSeeds = 1000;
constexpr absl::Duration kFaultTime = absl::Seconds(5);

// How a server keeps its ballot.
enum class Keeping {
  kOnDisk,     // Written and flushed, before it says anything.
  kUnflushed,  // Written; the system will see to it.
  kNever,
};

// What the servers of one run say, and what is on their disks.
class Observer {
 public:
  Observer(SimControl* control, Keeping keeping)
      : control_(*control), keeping_(keeping) {}

  std::unique_ptr<Handler> NewServer(Pid pid) {
    believes_[pid] = {};
    return std::make_unique<Election>(
        Kept(pid), [this, pid](const Ballot& ballot) { Keep(pid, ballot); },
        [this, pid](Pid leader, int64_t term) { Note(pid, leader, term); });
  }

  absl::Status status() const { return status_; }
  size_t elections() const { return leaders_.size(); }

  // All follow one leader in one term.
  bool agreed() const {
    for (const auto& [pid, belief] : believes_) {
      if (belief.leader == 0 || belief.leader != believes_.at(1).leader ||
          belief.term != believes_.at(1).term) {
        return false;
      }
    }
    return true;
  }

 private:
  struct Belief {
    Pid leader = 0;
    int64_t term = 0;
  };

  Ballot Kept(Pid pid) {
    const std::vector<std::string> words =
        absl::StrSplit(control_.disk(pid).Read("ballot").value_or(""), ' ');
    Ballot ballot;
    if (words.size() == 2) {
      EXPECT_TRUE(absl::SimpleAtoi(words[0], &ballot.term));
      EXPECT_TRUE(absl::SimpleAtoi(words[1], &ballot.voted_for));
    }
    return ballot;
  }

  void Keep(Pid pid, const Ballot& ballot) {
    if (keeping_ == Keeping::kNever) return;
    // Now and then at the worst of times. Who had said anything before this
    // would have said it of a ballot that is gone.
    if (++kept_ % 20 == 0 && control_.now() < kFaultTime) control_.Crash(pid);
    SimDisk& disk = control_.disk(pid);
    disk.Write("ballot", absl::StrCat(ballot.term, " ", ballot.voted_for));
    if (keeping_ == Keeping::kOnDisk) disk.Flush();
  }

  void Note(Pid pid, Pid leader, int64_t term) {
    believes_[pid] = {leader, term};
    const Pid known = leaders_.emplace(term, leader).first->second;
    if (known != leader) {
      status_ = absl::InternalError(absl::StrCat(
          "term ", term, " has two leaders: ", known, " and ", leader));
    }
  }

  SimControl& control_;
  const Keeping keeping_;
  int kept_ = 0;  // Ballots.
  std::map<Pid, Belief> believes_;
  std::map<int64_t, Pid> leaders_;  // By term.
  absl::Status status_;
};

absl::Status RunSeed(uint64_t seed, Keeping keeping, size_t* elections) {
  SimControl control;
  Observer observer(&control, keeping);
  SimulationOptions options;
  options.servers = kServers;
  options.seed = seed;
  options.control = &control;
  options.fault_time = kFaultTime;
  options.settle_time = absl::Seconds(20);
  options.invariant = [&] { return observer.status(); };
  options.settled = [&] { return observer.agreed(); };
  const absl::Status status =
      Simulate(options, [&](Pid pid) { return observer.NewServer(pid); });
  *elections += observer.elections();
  return status;
}

TEST(Election, GivesATermOneLeaderAndALeaderSoonAfterTheFaults) {
  size_t elections = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ASSERT_EQ(RunSeed(seed, Keeping::kOnDisk, &elections), absl::OkStatus());
  }
  EXPECT_GT(elections, 2 * kSeeds) << "leaders fell, too";
}

// The test is worth something only if a mistake shows.
class Careless : public testing::TestWithParam<Keeping> {};

TEST_P(Careless, ServersAreFoundOut) {
  size_t elections = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const absl::Status status = RunSeed(seed, GetParam(), &elections);
    if (status.ok()) continue;
    EXPECT_THAT(status.message(), testing::HasSubstr("has two leaders"));
    return;
  }
  FAIL() << "no seed shows it";
}

INSTANTIATE_TEST_SUITE_P(All, Careless,
                         testing::Values(Keeping::kUnflushed, Keeping::kNever),
                         [](const auto& keeping) {
                           return keeping.param == Keeping::kNever
                                      ? "WhoForget"
                                      : "WhoDoNotFlush";
                         });

}  // namespace
}  // namespace raft_cluster
