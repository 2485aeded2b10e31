// A handler that sends many at once does so in a simulation, too.
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "raft/testing/simulation/simulation.h"

namespace raft_cluster::internal {
namespace {

// Says many things at its start, of which one is to nobody.
class ManySpeaker : public Handler {
 public:
  explicit ManySpeaker(int* heard) : heard_(*heard) {}
  void OnStart(Context& context) override {
    const std::vector<ToSend> envelopes = {
        {kBroadcast, "a"}, {context.peers().front(), "b"}, {99, "c"}};
    const SentMany sent = context.TrySendMany(envelopes);
    EXPECT_EQ(sent.accepted, 2u);
    EXPECT_EQ(sent.status.code(), absl::StatusCode::kNotFound);
  }
  void OnEnvelope(Context&, const Received&) override { ++heard_; }

 private:
  int& heard_;
};

TEST(Handlers, SendManyAtOnce) {
  SimulationOptions options;
  options.servers = 3;
  options.seed = 1;
  options.fault_time = absl::Seconds(1);
  FaultWeights& faults = options.weights;
  faults.weather = faults.cut = faults.partition = faults.clog = 0;
  faults.reset = faults.crash = faults.pause = faults.twin = faults.leave = 0;
  options.settle_time = absl::Seconds(10);
  int heard = 0;
  options.handlers = [&heard](Pid) {
    return std::make_unique<ManySpeaker>(&heard);
  };
  const SimulationResult result = RunSimulation(options);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(heard, 3 * (2 + 1));
}

}  // namespace
}  // namespace raft_cluster::internal
