#include "raft/testing/hostile/hostile.h"

#include <utility>

#include "raft/testing/transport/resources.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kFlow = 1000;
constexpr size_t kLargestMsg = 2000;

}  // namespace

void Hostile::Begin(LocalCluster::Setup setup) {
  setup.options = [inner = setup.options](Pid pid) {
    Options options = inner(pid);
    const Options small = SmallBudgets();
    options.max_envelope_bytes = small.max_envelope_bytes;
    options.link_budget_bytes = small.link_budget_bytes;
    options.inbox_budget_bytes = small.inbox_budget_bytes;
    return options;
  };
  setup.late.insert(3);
  cluster_ = &NewCluster(3, setup);
  for (const Pid pid : {1, 2}) cluster_->Collect(pid);
  url_ = ParseUrl((*cluster_)[1].url()).value();
  for (const Pid pid : {1, 2}) {
    senders_.emplace_back([this, pid,
                           sender = cluster_->NewSender(pid)]() mutable {
      for (size_t i = 1; !done_; ++i) {
        ASSERT_THAT(sender.Send(3 - pid, i * 7919 % kLargestMsg, 2 * kPatience),
                    IsOk());
      }
    });
  }
  ASSERT_TRUE(Flows());
  resident_at_start_ = ResidentBytes();
}

void Hostile::TearDown() {
  EXPECT_TRUE(Flows());
  StopSending();
  EXPECT_THAT(cluster_->local().WaitUntilTaken(kPatience), IsOk());
  ExpectBoundedMemory();
  ClusterTest::TearDown();
}

void Hostile::ExpectBoundedMemory() {
  if (MemoryIsInstrumented()) return;
  EXPECT_LT(ResidentBytes(), resident_at_start_ + kMemoryBound);
}

void Hostile::StopSending() {
  done_ = true;
  for (std::thread& sender : senders_) sender.join();
  senders_.clear();
}

bool Hostile::Flows() {
  const auto taken = [this](Pid from) {
    return LedgerOf((*cluster_)[from], 3 - from).taken();
  };
  const uint64_t there = taken(1) + kFlow;
  const uint64_t back = taken(2) + kFlow;
  return Eventually([&] { return taken(1) >= there && taken(2) >= back; },
                    2 * kPatience);
}

uint64_t Hostile::Refused(Refusal::Reason reason) {
  const Stats stats = (*cluster_)[1].stats();
  for (const Refusal& refusal : stats.refused_frames()) {
    if (refusal.reason() == reason) return refusal.count();
  }
  return 0;
}

bool Hostile::RefusesAtLeast(uint64_t count, Refusal::Reason reason) {
  return Eventually([&] { return Refused(reason) >= count; });
}

}  // namespace raft_cluster::internal
