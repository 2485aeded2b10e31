// The elections under all that a simulated cluster has to bear.
#include "raft/examples/leader_election/election.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster {
namespace {

constexpr int kServers = 5;
constexpr uint64_t kSeeds = 1000;

// Votes for whoever asks, however often.
class Forgetful : public Election {
 public:
  Forgetful(Ballot* ballot, OnLeader on_leader)
      : Election(ballot, std::move(on_leader)), ballot_(*ballot) {}
  void OnEnvelope(Context& context, const Received& got) override {
    ballot_.voted_for = 0;
    Election::OnEnvelope(context, got);
  }

 private:
  Ballot& ballot_;
};

// What the servers of one run say, and their disks.
template <typename Protocol>
class Observer {
 public:
  std::unique_ptr<Handler> NewServer(Pid pid) {
    believes_[pid] = {};
    return std::make_unique<Protocol>(
        &ballots_[pid], [this, pid](Pid leader, int64_t term) {
          believes_[pid] = {leader, term};
          const Pid known = leaders_.emplace(term, leader).first->second;
          if (known != leader) {
            status_ = absl::InternalError(absl::StrCat(
                "term ", term, " has two leaders: ", known, " and ", leader));
          }
        });
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
  std::map<Pid, Ballot> ballots_;
  std::map<Pid, Belief> believes_;
  std::map<int64_t, Pid> leaders_;  // By term.
  absl::Status status_;
};

template <typename Protocol>
absl::Status RunSeed(uint64_t seed, size_t* elections) {
  Observer<Protocol> observer;
  SimulationOptions options;
  options.servers = kServers;
  options.seed = seed;
  options.fault_time = absl::Seconds(5);
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
    ASSERT_EQ(RunSeed<Election>(seed, &elections), absl::OkStatus());
  }
  EXPECT_GT(elections, 2 * kSeeds) << "leaders fell, too";
}

// The test is worth something only if a mistake shows.
TEST(Election, OfServersThatForgetTheirVoteIsFoundOut) {
  size_t elections = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const absl::Status status = RunSeed<Forgetful>(seed, &elections);
    if (status.ok()) continue;
    EXPECT_THAT(status.message(), testing::HasSubstr("has two leaders"));
    return;
  }
  FAIL() << "no seed shows it";
}

}  // namespace
}  // namespace raft_cluster
