// What a handler sees of reloads in a simulation.
#include <memory>
#include <set>

#include "gtest/gtest.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster::internal {
namespace {

// Looks again and again who is there.
class Looker : public Handler {
 public:
  Looker(std::set<size_t>* counts, std::set<Event::Kind>* events)
      : counts_(*counts), events_(*events) {}
  void OnStart(Context& context) override { OnTimer(context, 1); }
  void OnTimer(Context& context, int) override {
    counts_.insert(context.peers().size());
    context.SetTimer(1, absl::Milliseconds(10));
  }
  void OnEnvelope(Context&, const Received&) override {}
  void OnEvent(Context&, const Event& event) override {
    events_.insert(event.kind());
  }

 private:
  std::set<size_t>& counts_;
  std::set<Event::Kind>& events_;
};

TEST(ReloadsOfASimulation, AreSeenByItsHandlersIfTheyAreAskedFor) {
  for (const int weight : {0, 1}) {
    std::set<size_t> counts;
    std::set<Event::Kind> events;
    SimulationOptions options;
    options.servers = 3;
    options.fault_time = absl::Seconds(20);
    options.weights = FaultWeights();
    options.weights.crash = options.weights.leave = 0;
    options.weights.reload = weight;
    options.handlers = [&](Pid) {
      return std::make_unique<Looker>(&counts, &events);
    };
    options.settled = [] { return true; };
    const SimulationResult result = RunSimulation(options);
    ASSERT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(result.reloads > 0, weight > 0);
    EXPECT_EQ(counts.count(1) > 0, weight > 0);
    EXPECT_EQ(counts.count(2), 1u);
    EXPECT_EQ(events.count(Event::PEER_REMOVED) > 0, weight > 0);
  }
}

}  // namespace
}  // namespace raft_cluster::internal
